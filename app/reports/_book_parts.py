"""The fixed parts of an Excel book around a sheet that is written as it goes: styles, names, where everything lies."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from openpyxl.utils import get_column_letter

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKED = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = f'{_XML}<worksheet xmlns="{_MAIN}">'

_FORMATS = {164: "dd\\.mm\\.yyyy\\ hh:mm:ss", 165: "[h]:mm:ss", 166: "#,##0"}
# (number format, font, fill, alignment) of xf 1: moment, 2: length of time, 3: head, 4: number, 5: text, 6 and 7: name
# and words of the last sheet.
_XFS = (
    (0, 0, 0, ""), (164, 0, 0, 'horizontal="left"'), (165, 0, 0, ""), (0, 1, 2, 'vertical="center" wrapText="1"'),
    (166, 0, 0, ""), (49, 0, 0, ""), (49, 2, 0, 'vertical="top"'), (49, 0, 0, 'vertical="top" wrapText="1"'),
)  # fmt: skip


def _styles() -> str:
    formats = "".join(f'<numFmt numFmtId="{n}" formatCode="{code}"/>' for n, code in _FORMATS.items())
    font = '<font>{}<sz val="11"/>{}<name val="Calibri"/></font>'
    fonts = font.format("", "") + font.format("<b/>", '<color rgb="FFFFFFFF"/>') + font.format("<b/>", "")
    fills = "".join(f'<fill><patternFill patternType="{kind}"/></fill>' for kind in ("none", "gray125"))
    fills += '<fill><patternFill patternType="solid"><fgColor rgb="FF0F4C5C"/></patternFill></fill>'
    xfs = "".join(_xf(*one) for one in _XFS)
    return (
        f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        f'<fonts count="3">{fonts}</fonts><fills count="3">{fills}</fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_XFS)}">{xfs}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _xf(number: int, font: int, fill: int, alignment: str) -> str:
    start = (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0" applyNumberFormat="1"'
        ' applyFont="1" applyFill="1"'
    )
    return f'{start} applyAlignment="1"><alignment {alignment}/></xf>' if alignment else f"{start}/>"


def widths(of: Sequence[int]) -> str:
    told = "".join(f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(of, 1))
    return f"<cols>{told}</cols>"


def sheet_start(of: Sequence[int]) -> str:
    """Up to the first row: the head stays in sight, printing takes the page's width."""
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>'
    return (
        f'{SHEET}<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>{widths(of)}<sheetData>'
    )


def sheet_end(columns: int, rows: int) -> str:
    return (
        f'</sheetData><autoFilter ref="A1:{get_column_letter(columns)}{rows}"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    )


def frame(names: Sequence[str], columns: int, lists: Sequence[int]) -> dict[str, str]:
    """Everything but the sheets. `lists`: how many rows each sheet with a list has, its head included."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in zip(numbers, names, strict=True)
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    defined = "".join(_names_of_sheet(n, name, columns, rows) for n, (name, rows) in enumerate(zip(names, lists)))  # noqa: B905
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKED}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{kinds}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKED}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{defined}</definedNames></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKED}/relationships">{links}'
        f'<Relationship Id="rId{len(names) + 1}" Type="{_LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _styles(),
    }


def _names_of_sheet(place: int, name: str, columns: int, rows: int) -> str:
    sheet, last = escape(f"'{name}'"), get_column_letter(columns)
    return (
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">{sheet}!$A$1:${last}${rows}'
        f'</definedName><definedName name="_xlnm.Print_Titles" localSheetId="{place}">{sheet}!$1:$1</definedName>'
    )
