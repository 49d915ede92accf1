-- Ends a worker's heartbeat, if it is that of this instance.
-- KEYS: 1 the heartbeat  ARGV: 1 instance. Returns 1 when it was.

if redis.call('HGET', KEYS[1], 'instance') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
