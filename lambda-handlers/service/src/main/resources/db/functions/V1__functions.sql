-- A function with its versions, aliases and settings, as JSON: whole or absent.
CREATE TABLE lambda_function (
  name TEXT PRIMARY KEY,
  document TEXT NOT NULL
) STRICT;

-- Events that were acknowledged and have not reached their end. Times are milliseconds since 1970.
-- attempts: those that the function failed; requeues: those that found no place, or no service.
-- ending: the JSON of the end and of who has still to be told of it, once there is one.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  request_id TEXT NOT NULL,
  function_name TEXT NOT NULL,
  qualifier TEXT NOT NULL,
  payload BLOB NOT NULL,
  received_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  requeues INTEGER NOT NULL DEFAULT 0,
  ending TEXT
) STRICT;

CREATE INDEX event_due ON event (due_at, seq);
