/** What {@link TaskHub} asks of the database inside transactions. */
export const hubStatements = {
  insertMessage: `INSERT INTO messages (target, seq, kind, visible_at, id, name, input, is_signal, sender, execution)
    VALUES (?, (SELECT ifnull(max(seq), 0) + 1 FROM messages WHERE target = ?), ?, ?, ?, ?, ?, ?, ?, ?)`,
  nextMessages: `SELECT seq, id, name, input, is_signal, sender FROM messages
    WHERE target = ? AND visible_at <= ? ORDER BY seq LIMIT +?`,
  nextMessagesFrom: `SELECT seq, id, name, input, is_signal, sender FROM messages
    WHERE target = ? AND sender = ? ORDER BY seq LIMIT +?`,
  deleteMessagesFrom: 'DELETE FROM messages WHERE target = ? AND seq <= ? AND sender = ?',
  parkMessages: 'UPDATE messages SET visible_at = ? WHERE target = ? AND visible_at <= ?',
  unparkMessages: 'UPDATE messages SET visible_at = 0 WHERE target = ? AND visible_at = ?',
  hasMessages: 'SELECT 1 FROM messages WHERE target = ? AND visible_at <= ? LIMIT 1',
  deleteMessages: 'DELETE FROM messages WHERE target = ? AND seq <= ? AND visible_at <= ?',
  deleteMessageAt: 'DELETE FROM messages WHERE target = ? AND seq = ? AND id = ?',
  deleteMessagesNamed: 'DELETE FROM messages WHERE target = ? AND id IN (SELECT value FROM json_each(?))',
  deleteMessagesFor: 'DELETE FROM messages WHERE target = ? AND execution = ?',
  deleteAllMessages: 'DELETE FROM messages WHERE target = ?',

  // A mailbox that waits out a failure (attempts > 0) is not woken early by a new message.
  offerMailbox: `INSERT INTO mailboxes VALUES (?, ?, ?, ?, 0, NULL, NULL)
    ON CONFLICT (target) DO UPDATE SET ready_at = min(ready_at, excluded.ready_at) WHERE owner IS NULL AND attempts = 0`,
  claimMailbox: `INSERT INTO mailboxes VALUES (?, ?, ?, ?, 0, ?, ?)
    ON CONFLICT (target) DO UPDATE SET owner = excluded.owner, claim = excluded.claim
    WHERE owner IS NULL AND (attempts = 0 OR ready_at <= excluded.ready_at)`,
  takeMailbox:
    'UPDATE mailboxes SET owner = ?, claim = ? WHERE target = ? AND owner IS NULL AND ready_at <= ?',
  holdsMailbox: 'SELECT 1 FROM mailboxes WHERE target = ? AND owner = ? AND claim = ?',
  readClaimed: `SELECT attempts, entity_exists, state, locked_by FROM mailboxes
    LEFT JOIN entities ON entities.id = mailboxes.target WHERE target = ?`,
  renewMailbox: 'UPDATE mailboxes SET owner = ?, claim = ?, attempts = 0 WHERE target = ?',
  deleteEmptyMailbox:
    'DELETE FROM mailboxes WHERE target = ? AND NOT EXISTS (SELECT 1 FROM messages WHERE target = mailboxes.target)',
  releaseMailbox: `UPDATE mailboxes SET owner = NULL, claim = NULL, attempts = 0,
    ready_at = max(?, (SELECT min(visible_at) FROM messages WHERE target = mailboxes.target)) WHERE target = ?
    RETURNING ready_at`,
  postponeMailbox: `UPDATE mailboxes SET owner = NULL, claim = NULL, attempts = attempts + 1, ready_at = ?
    WHERE target = ?`,
} as const

/** What {@link TaskHub} asks at any time. */
export const hubReads = {
  dataVersion: 'PRAGMA data_version',
  visibleMessages: `SELECT seq, id, name, input, sender, execution FROM messages
    WHERE target = ? AND visible_at <= ? ORDER BY seq`,
  waiting: `SELECT target FROM mailboxes WHERE owner IS NULL AND kind = ? AND ready_at <= ?
    AND name IN (SELECT value FROM json_each(?)) ORDER BY ready_at LIMIT +?`,
  unknownFunctions: `SELECT DISTINCT name FROM mailboxes
    WHERE owner IS NULL AND kind = ? AND name NOT IN (SELECT value FROM json_each(?))`,
  nextReadyAt: 'SELECT min(ready_at) AS at FROM mailboxes WHERE owner IS NULL AND kind = ? AND ready_at > ?',
} as const
