"""What can go wrong at a door, in words a user can act on."""


class DetectorError(Exception):
    """Base of every error this package raises on purpose; its text is one line with the next step."""


class MediaError(DetectorError):
    """A recording cannot be read: the text names the path, what is wrong and what to do."""


class SettingsError(DetectorError):
    """A setting is unknown, of the wrong type or out of range."""


class TallyError(DetectorError):
    """A tally file is broken: the text names the file, the entry and the fix."""


class MarksError(DetectorError):
    """A file of marks cannot be read as such: the text names the file, what is wrong and what to give instead."""


class ReviewError(DetectorError):
    """A review cannot be read, or belongs to another result: the text names the file and the next step."""


class OutputError(DetectorError):
    """A result cannot be written: the folder exists, the disk is full, the path is not writable."""


class ArchiveError(DetectorError):
    """A catalogue cannot be read or written, or an archive's run cannot go on; what was recorded so far stays."""
