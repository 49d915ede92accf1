-- Makes a session anew that Redis has lost while a gateway had the client (FLUSHALL, a restart without its data), and tells the
-- client which of its results went with it: each is replaced by a failure, numbered on from the last that it has.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 the token of this session of the gateway  2 the gateway  3 what stands for the credentials  4 segments queued so far
--       5 committed (seconds)  6 what goes on from there  7 the last seq that the gateway knows of  8 time to live (seconds)
--       9 results:<client_id>  10… for each lost result: the failure, a MessagePack map without seq
-- Returns 1; 0 when the session is there after all: another gateway has made it.

local session, history = KEYS[1], KEYS[2]
local seq, life = whole(ARGV[7], MOST_SEQ), life_of(ARGV[8])
if not seq or not life or not whole(ARGV[4], MOST_SEGMENTS) or not seconds(ARGV[5]) then
  return redis.error_reply('ERR this is no session of a client')
end
local refusal = forbidden(
  { 'HSET', session, 'a', 'b' }, { 'XADD', history, '*', 'a', 'b' }, { 'PUBLISH', ARGV[9], '' }, { 'EXPIRE', session, '1' }, { 'EXPIRE', history, '1' })
if refusal then
  return refusal
end
if not is_session(session) then
  remove(session)
end
if redis.call('HEXISTS', session, 'owner') == 1 then
  return 0
end
local last = last_seq(history)
if not last then
  remove(history)
end
seq = math.max(seq, last or 0)

-- The session first: refused for want of memory, it is the only write there was.
redis.call('HSET', session, 'owner', ARGV[1], 'gateway', ARGV[2], 'key', ARGV[3], 'segments', ARGV[4], 'released', ARGV[4],
  'committed', ARGV[5], 'resume', ARGV[6], 'seq', string.format('%.0f', seq + #ARGV - 9))
for i = 10, #ARGV do
  seq = seq + 1
  redis.call('XADD', history, string.format('%.0f-0', seq), 'result', ARGV[i])
  redis.call('PUBLISH', ARGV[9], '\146' .. cmsgpack.pack(seq) .. ARGV[i]) -- 0x92: an array of two
end
keep(session, history, life)
return 1
