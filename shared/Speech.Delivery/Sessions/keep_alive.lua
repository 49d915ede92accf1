-- Keeps the session and history of a client that is connected, however long it is silent, and notes how far its audio is done
-- with (silence needs no job). committed never goes back.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 committed (seconds)  2 time to live (seconds)  3 the token of who has the client
--       4 what goes on from there, or ''
-- Returns 1; without changing anything, -1 when another gateway has the client, -2 when Redis has lost its session.

local session, history, life = KEYS[1], KEYS[2], life_of(ARGV[2])
if not life then
  return redis.error_reply('ERR no time to live')
end
if not is_session(session) then
  remove(session)
end
local owner = redis.call('HGET', session, 'owner')
if owner ~= ARGV[3] then
  return owner and -1 or -2
end
if seconds(ARGV[1]) and seconds(ARGV[1]) >= (seconds(redis.call('HGET', session, 'committed')) or 0) then
  redis.call('HSET', session, 'committed', ARGV[1])
  if ARGV[4] ~= '' then
    redis.call('HSET', session, 'resume', ARGV[4])
  end
end
keep(session, history, life)
return 1
