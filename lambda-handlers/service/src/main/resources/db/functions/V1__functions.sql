-- A function with its versions, aliases and settings, as JSON: whole or absent.
CREATE TABLE lambda_function (
  name TEXT PRIMARY KEY,
  document TEXT NOT NULL
) STRICT;

-- Events that were acknowledged and have not reached their end. Times are milliseconds since 1970.
-- attempts: those that the function failed; requeues: those that found no place, or no service, and
-- once the event has ended, tries to tell a destination. hops: destinations it came through.
-- ended: 1 when only destinations have to be told; ending: the JSON of the end and of who that is.
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
  hops INTEGER NOT NULL DEFAULT 0,
  ended INTEGER NOT NULL DEFAULT 0,
  ending TEXT
) STRICT;

-- The name too: events of a function that can take none now are passed over without reading them.
CREATE INDEX event_due ON event (ended, due_at, seq, function_name);
