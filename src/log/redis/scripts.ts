import { createHash } from 'node:crypto'

/** A Lua script and the name that Redis keeps it under. */
export interface RedisScript {
  readonly text: string
  /** SHA-1 (hex), as EVALSHA wants it. */
  readonly sha: string
}

function toScript(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** What a script gave that gives texts. */
export function toTexts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}

/**
 * Gives the policy by which the server drops what is kept there, or nil: of what is 'lasting' `allkeys-*` does, of what is
 * 'expiring' all but `noeviction`, and without a limit nothing (redis.io, Key eviction). Of a server that does not tell
 * nothing is known; it is not asked where that is forbidden, as each refusal would get into the log of its ACL.
 */
const findEviction = `
    local function findEviction(lifetime)
      local isThere, isAllowed = true, true
      if redis.acl_check_cmd then isThere, isAllowed = pcall(redis.acl_check_cmd, 'INFO', 'memory') end
      if lifetime == '' or not isThere or not isAllowed then return nil end
      local info = redis.pcall('INFO', 'memory')
      if type(info) ~= 'string' or string.match(info, 'maxmemory:(%d+)') == '0' then return nil end
      local policy = string.match(info, 'maxmemory_policy:([%w-]+)') or 'noeviction'
      local isDropping = policy ~= 'noeviction' and (lifetime == 'expiring' or string.match(policy, '^allkeys'))
      return isDropping and policy or nil
    end`

/**
 * What has to happen at once. The keys of one script are all of one session, and so on one node of a cluster.
 * Every script may be run twice: a token tells the second try of a call from somebody else's call.
 */
export const redisScripts = {
  /** KEYS session, run, log, open, attachments. ARGV owner or '', run, now, token, event, 'alone' if no other run may be open, 'lasting' | 'expiring' or '' if it is kept in any case, digest and content of each attachment in a row. Gives what became of it, event 0, status, the session's owner or ''; or 'evicting' and the server's policy. */
  create: toScript(`${findEviction}
    local owner = redis.call('HGET', KEYS[1], 'owner')
    if owner and owner ~= ARGV[1] then return {'foreign'} end
    local run = redis.call('HMGET', KEYS[2], 'born', 'status')
    if run[1] then
      local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)
      return {run[1] == ARGV[4] and 'created' or 'exists', first[1][2][2], run[2], owner or ''}
    end
    if ARGV[6] == 'alone' and redis.call('ZCARD', KEYS[4]) > 0 then return {'busy'} end
    local eviction = findEviction(ARGV[7])
    if eviction then return {'evicting', eviction} end
    if redis.call('HSETNX', KEYS[1], 'createdAt', ARGV[3]) == 1 and ARGV[1] ~= '' then
      redis.call('HSET', KEYS[1], 'owner', ARGV[1])
      owner = ARGV[1]
    end
    redis.call('HSET', KEYS[1], 'updatedAt', ARGV[3])
    local order = redis.call('HINCRBY', KEYS[1], 'accepted', 1)
    redis.call('HSET', KEYS[2], 'born', ARGV[4], 'next', 1, 'turn', 0, 'status', 'open',
      'acceptedAt', ARGV[3], 'updatedAt', ARGV[3])
    redis.call('XADD', KEYS[3], '1-0', 'event', ARGV[5])
    redis.call('ZADD', KEYS[4], order, ARGV[2])
    for i = 8, #ARGV, 2 do redis.call('HSET', KEYS[5], ARGV[i], ARGV[i + 1]) end
    return {'created', ARGV[5], 'open', owner or ''}`),

  /** KEYS session, run, log, open, ended, controls, attachments. ARGV run, expected, token, now, channel, turn or '', status or '', due or '', ttl or '', events... */
  append: toScript(`
    local run = redis.call('HMGET', KEYS[2], 'next', 'by', 'turn')
    if not run[1] then return {'deleted'} end
    local owner = redis.call('HGET', KEYS[1], 'owner') or ''
    if run[2] == ARGV[3] then return {'appended', owner} end
    if run[1] ~= ARGV[2] then return {'fenced', run[1]} end
    local next = tonumber(ARGV[2])
    for i = 10, #ARGV do
      next = next + 1
      redis.call('XADD', KEYS[3], string.format('%d-0', next), 'event', ARGV[i])
    end
    redis.call('HSET', KEYS[2], 'next', string.format('%d', next), 'by', ARGV[3], 'updatedAt', ARGV[4])
    if ARGV[6] ~= '' then redis.call('HSET', KEYS[2], 'turn', ARGV[6]) end
    if ARGV[7] ~= '' then redis.call('HSET', KEYS[2], 'status', ARGV[7], 'due', ARGV[8]) end
    if ARGV[7] == 'ended' then
      redis.call('ZREM', KEYS[4], ARGV[1])
      redis.call('ZADD', KEYS[5], ARGV[6] ~= '' and ARGV[6] or run[3], ARGV[1])
      if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'updatedAt', ARGV[4]) end
      if ARGV[9] ~= '' then for _, i in ipairs({2, 3, 6, 7}) do redis.call('PEXPIRE', KEYS[i], ARGV[9]) end end
    end
    redis.call('PUBLISH', ARGV[5], 'events')
    return {'appended', owner}`),

  /** KEYS run, log. ARGV the first stream id. Gives the run's status or '', its next position, what tells it from another one of its name, and events. */
  read: toScript(`
    local run = redis.call('HMGET', KEYS[1], 'status', 'next', 'born')
    local found = {run[1] or '', run[2] or '0', run[3] or ''}
    for _, entry in ipairs(redis.call('XRANGE', KEYS[2], ARGV[1], '+')) do table.insert(found, entry[2][2]) end
    return found`),

  /** KEYS a hash. ARGV fields. Gives their values. */
  fields: toScript(`
    local values = redis.call('HMGET', KEYS[1], unpack(ARGV))
    for i = 1, #ARGV do values[i] = values[i] or '' end
    return values`),

  /** KEYS index. ARGV what a run's key begins with, 'after' | 'upto' | 'all', turn, limit. Gives run, turn, status, acceptedAt of each, in a row. */
  runs: toScript(`
    local names
    if ARGV[2] == 'all' then names = redis.call('ZRANGE', KEYS[1], 0, -1)
    elseif ARGV[2] == 'after' then names = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[3], '+inf')
    else names = redis.call('ZREVRANGEBYSCORE', KEYS[1], ARGV[3], '-inf', 'LIMIT', 0, ARGV[4]) end
    local found = {}
    for _, name in ipairs(names) do
      local run = redis.call('HMGET', ARGV[1] .. name, 'turn', 'status', 'acceptedAt')
      if run[1] then
        for _, value in ipairs({name, run[1], run[2], run[3]}) do table.insert(found, value) end
      else
        redis.call('ZREM', KEYS[1], name)
      end
    end
    return found`),

  /** KEYS run, controls. ARGV id, token, record, when a parked run is due because of it or '', channel. */
  control: toScript(`
    local status = redis.call('HGET', KEYS[1], 'status')
    if not status then return 'missing' end
    if redis.call('HSETNX', KEYS[1], 'control:' .. ARGV[1], ARGV[2]) == 0 then
      return redis.call('HGET', KEYS[1], 'control:' .. ARGV[1]) == ARGV[2] and 'filed' or 'known'
    end
    redis.call('RPUSH', KEYS[2], ARGV[3])
    local ttl = redis.call('PTTL', KEYS[1])
    if ttl > 0 then redis.call('PEXPIRE', KEYS[2], ttl) end
    if status == 'parked' and ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'due', ARGV[4]) end
    redis.call('PUBLISH', ARGV[5], 'controls')
    return 'filed'`),

  /** KEYS a list. Gives all of it. */
  list: toScript(`return redis.call('LRANGE', KEYS[1], 0, -1)`),

  /** KEYS session, ended (2), open (2); of each the listed ones first. ARGV what keys of runs, logs and controls begin with (3), before, 'all' or the highest turn of ended ones, what keys of channels and attachments begin with. Gives the session's owner or '', whether the session went, and the runs that did. */
  deleteRuns: toScript(`
    local owner = redis.call('HGET', KEYS[1], 'owner') or ''
    local gone = {}
    for i = 2, ARGV[5] == 'all' and 5 or 3 do
      local top = ARGV[5] == 'all' and '+inf' or ARGV[5]
      for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', top)) do
        local acceptedAt = redis.call('HGET', ARGV[1] .. name, 'acceptedAt')
        local outermost = ARGV[5] ~= 'all' and string.match(name, '^(.-)/')
        local isNeeded = outermost and redis.call('ZSCORE', KEYS[4], outermost)
        if not isNeeded and (not acceptedAt or tonumber(acceptedAt) < tonumber(ARGV[4])) then
          redis.call('DEL', ARGV[1] .. name, ARGV[2] .. name, ARGV[3] .. name, ARGV[7] .. name)
          redis.call('ZREM', KEYS[i], name)
          redis.call('PUBLISH', ARGV[6] .. name, 'deleted')
          table.insert(gone, name)
        end
      end
    end
    local isEmpty = ARGV[5] == 'all' and redis.call('EXISTS', KEYS[2], KEYS[3], KEYS[4], KEYS[5]) == 0
    if isEmpty then redis.call('DEL', KEYS[1]) end
    return {owner, isEmpty and '1' or '0', gone}`),

  /** KEYS run, log, controls, ended, attachments. ARGV run, before. Deletes a run that ended earlier; its line may have outlived it, and another run have its name. */
  deleteRun: toScript(`
    local run = redis.call('HMGET', KEYS[1], 'status', 'updatedAt')
    if run[1] and (run[1] ~= 'ended' or tonumber(run[2]) >= tonumber(ARGV[2])) then return 0 end
    redis.call('ZREM', KEYS[4], ARGV[1])
    return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[5])`),

  /** KEYS a sorted set. ARGV score, member, and 'NX' to leave a present member as it is. */
  add: toScript(`
    if ARGV[3] == 'NX' then return redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2]) end
    return redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])`),

  /** KEYS a sorted set. ARGV members. */
  remove: toScript(`return redis.call('ZREM', KEYS[1], unpack(ARGV))`),

  /** KEYS a sorted set. ARGV lowest score, highest score, offset, count. Gives member and score of each, in a row. */
  range: toScript(`
    return redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', ARGV[3], ARGV[4])`),

  /** KEYS a sorted set. ARGV highest score. */
  trim: toScript(`return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])`),

  /** KEYS a key. ARGV value, 'lasting' | 'expiring'. Gives the policy by which the server drops such runs, or ''. */
  probe: toScript(`${findEviction}
    redis.call('SET', KEYS[1], ARGV[1])
    return findEviction(ARGV[2]) or ''`),
} satisfies Readonly<Record<string, RedisScript>>
