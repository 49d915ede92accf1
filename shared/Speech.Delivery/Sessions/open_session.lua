-- Binds a client to the credentials that it shows first, and tells which they were and which gateway has it now. The gateway
-- compares them in constant time. Who shows others changes nothing: it must not keep alive what is not its own.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 what stands for the credentials  2 time to live (seconds)
-- Returns the credentials' stand-in that the client is bound to, the token of who has it ('' nobody), and that one's gateway.

local session, history, life = KEYS[1], KEYS[2], life_of(ARGV[2])
if not life then
  return redis.error_reply('ERR no time to live')
end
local refusal = forbidden({ 'HSETNX', session, 'a', 'b' }, { 'EXPIRE', session, '1' }, { 'EXPIRE', history, '1' })
if refusal then
  return refusal
end
if not is_session(session, MOST_SEGMENTS_AT_OPENING) then
  remove(session)
end
redis.call('HSETNX', session, 'key', ARGV[1])
local fields = redis.call('HMGET', session, 'key', 'owner', 'gateway')
if fields[1] == ARGV[1] then
  keep(session, history, life)
end
return { fields[1], fields[2] or '', fields[3] or '' }
