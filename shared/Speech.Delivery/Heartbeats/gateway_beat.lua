-- Renews a gateway's heartbeat: a hash that expires. In one script, as a hash without its time to live would stay for ever.
-- KEYS: 1 the heartbeat  ARGV: 1 life in ms 2… fields

if redis.acl_check_cmd and not redis.acl_check_cmd('PEXPIRE', KEYS[1], '1') then
  return redis.error_reply('NOPERM this user has no permission to run PEXPIRE on ' .. KEYS[1] .. ', so nothing was changed')
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
