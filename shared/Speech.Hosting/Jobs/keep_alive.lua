-- Keeps the session and history of a client that is connected, however long it is silent, and notes how far its audio is done
-- with (silence needs no job). committed never goes back.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 committed (seconds)  2 time to live (seconds)  3 the token of who has the client
--       4 what goes on from there, or ''
-- Returns 1; without changing anything, -1 when another gateway has the client, -2 when Redis has lost its session.

local owner = redis.call('HGET', KEYS[1], 'owner')
if owner ~= ARGV[3] then
  return owner and -1 or -2
end
if tonumber(ARGV[1]) >= tonumber(redis.call('HGET', KEYS[1], 'committed') or 0) then
  redis.call('HSET', KEYS[1], 'committed', ARGV[1])
  if ARGV[4] ~= '' then
    redis.call('HSET', KEYS[1], 'resume', ARGV[4])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
