"""A call centre in seconds of a model: the campaign's own pacing tried on operators and sellers that do not exist."""
