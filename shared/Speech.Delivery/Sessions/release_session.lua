-- A gateway is done with a client, unless another one has it by now. The field stays: a session without it is one that Redis has lost.
--
-- KEYS: 1 session:<client_id>
-- ARGV: 1 the token of this session of the gateway

if type_of(KEYS[1]) ~= 'hash' or redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'owner', '')
return 1
