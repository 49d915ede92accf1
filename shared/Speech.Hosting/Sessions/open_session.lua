-- Binds a client to the credentials that it shows first, and tells which they were and which gateway has it now. The gateway
-- compares them: here, how long that takes would tell something about them.
--
-- KEYS: 1 session:<client_id>  2 history:<client_id>
-- ARGV: 1 what stands for the credentials  2 time to live (seconds)
-- Returns the credentials' stand-in that the client is bound to, the token of who has it ('' nobody), and that one's gateway.

redis.call('HSETNX', KEYS[1], 'key', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
local fields = redis.call('HMGET', KEYS[1], 'key', 'owner', 'gateway')
return { fields[1], fields[2] or '', fields[3] or '' }
