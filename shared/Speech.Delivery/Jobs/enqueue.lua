-- Puts a finished segment on the stream of jobs and notes in its session that it is there: both or neither.
--
-- Guarantees:
--   * A segment is queued once. A gateway that lost the reply calls again, and the second call adds nothing.
--   * Segments are queued in order, without a gap: results are released in order (finish.lua), and a gap would hold up
--     everything behind it for ever.
--   * Two gateways that both believe they own a client (it came back elsewhere before the first noticed) cannot both
--     queue audio: only the last that has claimed it can (claim_session.lua).
--   * A session that Redis has lost is not begun anew by chance: who has the client is told, and restores it.
--   * The stream never holds more entries than its caller allows, however many write at once: the length is asked here, where it grows.
--
-- KEYS: 1 audio_jobs  2 session:<client_id>  3 history:<client_id>
-- ARGV: 1 segment  2 committed (seconds)  3 time to live (seconds)  4 what tells this job from another with its number
--       5 the last seq the gateway knows of  6 the token of who has the client, or '' of a producer that needs none
--       7 what another gateway needs to go on from there, or ''  8 most entries that audio_jobs may have with this one, or 0
--       9… the entry's fields and values
-- Returns the new entry's id and how many entries there are with it; 0 when the segment had been queued already; -1 when the
-- number is not the next one, or another gateway has the client; -2 when Redis has lost the session; -3, without any change, when
-- there is no room yet.

local session, history = KEYS[2], KEYS[3]
local segment, known_seq, life = whole(ARGV[1], MOST_SEGMENTS), whole(ARGV[5], MOST_SEQ), life_of(ARGV[3])
local most = whole(ARGV[8], MOST_SEGMENTS)
if not segment or not seconds(ARGV[2]) or not known_seq or not life or not most or #ARGV < 10 or #ARGV > 65 or #ARGV % 2 == 1 then
  return redis.error_reply('ERR this is no segment of a client')
end
if not is_of('stream', KEYS[1]) then
  return redis.error_reply('WRONGTYPE ' .. KEYS[1] .. ' must be a stream')
end
local refusal = forbidden({ 'XADD', KEYS[1], '*', 'a', 'b' }, { 'HSET', session, 'a', 'b' }, { 'EXPIRE', session, '1' }, { 'EXPIRE', history, '1' })
if refusal then
  return refusal
end
local seq = last_seq(history)
if not is_session(session) then
  remove(session)
end
if not seq then
  remove(history)
  seq = 0
end

local owner = redis.call('HGET', session, 'owner')
if ARGV[6] ~= '' and owner ~= ARGV[6] then
  return owner and -1 or -2
end
local next_segment = whole(redis.call('HGET', session, 'segments'), MOST_SEGMENTS)

if next_segment and segment > next_segment then
  return -1
end
if next_segment and segment < next_segment then
  if segment == next_segment - 1 and redis.call('HGET', session, 'last') ~= ARGV[4] then
    return -1
  end
  return 0
end

local depth = redis.call('XLEN', KEYS[1])
if most > 0 and depth >= most then
  return -3
end

-- Refused for want of memory, this is the only write there was.
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 9))
if not next_segment then
  -- A new session, or Redis has lost it (expired, or restarted without its data): the numbers go on from the gateway's, or
  -- from the history's should that be further on.
  redis.call('HSET', session, 'released', segment)
  redis.call('HSETNX', session, 'seq', string.format('%.0f', math.max(seq, known_seq)))
end
redis.call('HSET', session, 'segments', segment + 1, 'committed', ARGV[2], 'last', ARGV[4], 'job:' .. ARGV[1], id)
if ARGV[7] ~= '' then
  redis.call('HSET', session, 'resume', ARGV[7])
end
keep(session, history, life)
return { id, depth + 1 }
