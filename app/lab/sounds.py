"""What the sellers of the town say: the tree's own Russian announcements, turned into what SIPp can send."""

from __future__ import annotations

from pathlib import Path

from app.lab import town
from app.lab.instance import Asterisk, folders, free_port
from app.lab.tree import Tree
from app.telephony.installation import Base, Installation

# Long speech for a person; "leave a message" and a tone for a machine.
SPOKEN = {
    "person": ("demo-congrats", "demo-moreinfo"),
    "machine": ("vm-nobodyavail", "vm-intro", "beep"),
}
_ENOUGH = (
    "res_convert.so format_gsm.so format_wav.so format_pcm.so format_sln.so codec_gsm.so codec_alaw.so codec_ulaw.so"
)


def prepare(tree: Tree, folder: Path) -> dict[str, str]:
    """name -> file of raw A-law. What is there already stays; without Russian announcements they are tones."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.alaw" for name in SPOKEN}
    if all(path.exists() and path.stat().st_size > 8000 for path in files.values()):
        return {name: str(path) for name, path in files.items()}
    if tree.sounds is None:
        return {"person": town.tone(folder, 600), "machine": town.tone(folder, 800)}
    pieces = _converted(tree, tree.sounds, folder)
    for name, words in SPOKEN.items():
        files[name].write_bytes(b"".join(pieces[word] for word in words if word in pieces))
    silent = [name for name, path in files.items() if path.stat().st_size < 8000]
    return {name: town.tone(folder, 600) if name in silent else str(path) for name, path in files.items()}


def _converted(tree: Tree, sounds: Path, folder: Path) -> dict[str, bytes]:
    """Asterisk knows its own formats best: a bare one is started for the few seconds that it takes."""
    nowhere = Base("127.0.0.1", 1, "none", "none", "none")
    one = Installation(
        name="convert", base=nowhere, ami_user="convert", ami_secret="of-a-moment",  # noqa: S106  lives for seconds
        folders=folders(folder / "convert", tree), version=tree.version, ami_port=free_port(), http_port=free_port(),
        sip_host="127.0.0.1",
    )  # fmt: skip
    asterisk = Asterisk(tree, one).write()
    modules = "".join(f"load = {name}\n" for name in _ENOUGH.split())
    (asterisk.root / "etc/modules.conf").write_text(f"[modules]\nautoload = no\n{modules}")
    pieces = {}
    try:
        asterisk.start()
        for word in {word for words in SPOKEN.values() for word in words}:
            source = next(iter(sounds.glob(f"{word}.*")), None)
            target = folder / "convert" / f"{word}.alaw"
            if source is not None:
                asterisk.cli(f"file convert {source} {target}")
            if target.exists():
                pieces[word] = target.read_bytes()
    finally:
        asterisk.stop()
    return pieces
