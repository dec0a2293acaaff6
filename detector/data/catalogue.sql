-- The tables and views of a catalogue (docs/ARCHIVE.md). Texts are UTF-8; a path that is not keeps its own bytes.

CREATE TABLE runs (
    run INTEGER PRIMARY KEY,
    software TEXT NOT NULL,           -- version of gunshot-tally
    model TEXT NOT NULL,              -- version of its model
    versions TEXT NOT NULL,           -- JSON: these two, and the libraries that touch the sound
    settings_sha256 TEXT NOT NULL,
    settings TEXT NOT NULL,           -- JSON
    UNIQUE (settings_sha256, versions)
) STRICT;

-- Every path that was ever seen; several with one sha256 are copies. One that cannot be read has a problem instead.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT,
    problem TEXT
) STRICT;
CREATE INDEX files_by_content ON files (sha256);
CREATE INDEX files_by_size ON files (size_bytes);

-- What became of one content in one run.
CREATE TABLE recordings (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('counted', 'cannot hear', 'failed')),
    reason TEXT,                      -- why it failed
    at_least INTEGER,
    low INTEGER,
    best INTEGER,
    high INTEGER,
    confidence REAL,
    first_s REAL,
    last_s REAL,
    span_error_s REAL,
    duration_s REAL,
    heard_s REAL,
    listed INTEGER,                   -- shots listed
    possible INTEGER,                 -- onsets listed as possible
    warnings TEXT,                    -- JSON
    result_sha256 TEXT,
    folder TEXT,                      -- of the reports
    took_s REAL,                      -- the last four differ from time to time, the others never
    peak_mb REAL,
    worker TEXT,
    recorded_at TEXT,
    UNIQUE (run, sha256)
) STRICT;

CREATE TABLE shots (
    recording INTEGER NOT NULL REFERENCES recordings,
    id INTEGER NOT NULL,
    status TEXT NOT NULL,
    time_s REAL NOT NULL,
    time_error_s REAL NOT NULL,
    probability REAL NOT NULL,
    volley INTEGER NOT NULL,
    overlap INTEGER NOT NULL,
    repeat_of INTEGER,
    level_db REAL,
    flags TEXT NOT NULL,              -- JSON
    one_more REAL NOT NULL,           -- chances that one, or two, more shots hide in it
    two_more REAL NOT NULL,
    frame INTEGER,
    PRIMARY KEY (recording, id)
) STRICT, WITHOUT ROWID;

-- One row for each run and path.
CREATE VIEW results AS
SELECT run, path, state, best, low, high, at_least, confidence, first_s, last_s, duration_s, heard_s, listed, possible,
       reason, warnings, sha256, result_sha256, folder
FROM recordings JOIN files USING (sha256)
UNION ALL
SELECT NULL, path, 'unreadable', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       problem, NULL, NULL, NULL, NULL
FROM files WHERE problem IS NOT NULL;

-- One row for each run, path and listed onset.
CREATE VIEW result_shots AS
SELECT run, path, shots.id, status, time_s, time_error_s, probability, volley, overlap, repeat_of, level_db, flags,
       one_more, two_more, frame, sha256
FROM recordings JOIN files USING (sha256) JOIN shots ON shots.recording = recordings.id;

-- Paths with the same content.
CREATE VIEW duplicates AS
SELECT sha256, path FROM files
WHERE sha256 IN (SELECT sha256 FROM files GROUP BY sha256 HAVING COUNT(*) > 1)
ORDER BY sha256, path;

-- What has no verdict, and why.
CREATE VIEW failures AS
SELECT run, path, state, reason FROM results WHERE state IN ('failed', 'unreadable');

-- Each content once, however many paths it has.
CREATE VIEW totals AS
SELECT run, state, COUNT(*) AS recordings, SUM(duration_s) / 3600 AS hours, SUM(heard_s) / 3600 AS heard_hours,
       SUM(best) AS best, SUM(listed) AS listed
FROM recordings GROUP BY run, state;
