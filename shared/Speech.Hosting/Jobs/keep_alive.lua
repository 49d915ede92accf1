-- Keeps the session and history of a client that is connected, however long it is silent, and notes how far its audio is done
-- with (silence needs no job). committed never goes back.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 committed (seconds)  2 time to live (seconds)

if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'committed') or 0) then
  redis.call('HSET', KEYS[1], 'committed', ARGV[1])
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return redis.status_reply('OK')
