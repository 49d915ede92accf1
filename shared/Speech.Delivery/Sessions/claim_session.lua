-- A gateway takes a client over: from here on enqueue.lua and keep_alive.lua refuse whoever had it before. The last to claim has it.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 the token of this session of the gateway  2 the gateway  3 time to live (seconds)  4 the last seq that the client has, or 0
-- Returns whether anything was known of the client before ('1' or '0'), and what goes on from where it was ('' nothing).

local session, history, life = KEYS[1], KEYS[2], life_of(ARGV[3])
if not life then
  return redis.error_reply('ERR no time to live')
end
local refusal = forbidden({ 'HSET', session, 'a', 'b' }, { 'EXPIRE', session, '1' }, { 'EXPIRE', history, '1' })
if refusal then
  return refusal
end
if not is_session(session, MOST_SEGMENTS_AT_OPENING) then
  remove(session)
end
if not last_seq(history) then
  remove(history)
end
local known = redis.call('HEXISTS', session, 'seq') == 1 or redis.call('EXISTS', history) == 1
redis.call('HSET', session, 'owner', ARGV[1], 'gateway', ARGV[2])
local seq = whole(ARGV[4], MOST_SEQ)
if not known and seq and seq > 0 then
  -- Redis has lost its results. Their numbers go on all the same: the client would take new results with old numbers for old ones.
  redis.call('HSET', session, 'seq', ARGV[4])
end
keep(session, history, life)
-- A kilobyte or two; what is far larger is none of ours, and nobody should have to read it.
local resume = redis.call('HSTRLEN', session, 'resume') <= 65536 and redis.call('HGET', session, 'resume')
return { known and 1 or 0, resume or '' }
