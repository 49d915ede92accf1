-- Puts a job back: on its stream and off the dead one, both or neither, so that nobody can do it twice. All that can fail is looked at
-- before the first write, XADD, which is itself refused or done.
-- KEYS: 1 the dead stream 2 the jobs'
-- ARGV: 1 id 2 the field that counts how often this was done 3 the field of one that was cut 4… fields that only the dead have
-- Returns the new id; nothing when there is no such entry; 'no …', the reason, when it cannot be put back.

local entry = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not entry then
  return false
end
if #entry[2] > 256 then
  return 'no: it has more fields than a job has'
end
if redis.acl_check_cmd and not redis.acl_check_cmd('XDEL', KEYS[1], ARGV[1]) then
  return redis.error_reply('NOPERM this user has no permission to run XDEL on ' .. KEYS[1])
end
local dropped, fields, retried = {}, {}, 0
for i = 4, #ARGV do
  dropped[ARGV[i]] = true
end
for i = 1, #entry[2], 2 do
  local name, value = entry[2][i], entry[2][i + 1]
  if name == ARGV[3] then
    return 'no: it was larger than any job, and its contents were not kept'
  end
  if name == ARGV[2] then
    retried = string.find(value, '^%d%d?%d?%d?%d?%d?$') and tonumber(value) or 0
  elseif not dropped[name] then
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
end
fields[#fields + 1] = ARGV[2]
fields[#fields + 1] = string.format('%.0f', retried + 1)
local id = redis.call('XADD', KEYS[2], '*', unpack(fields))
redis.call('XDEL', KEYS[1], ARGV[1])
return id
