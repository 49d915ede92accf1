-- A page of a dead stream. Audio stays where it is: thousands of jobs of up to a megabyte are listed by their other fields.
-- KEYS: 1 the dead stream  ARGV: 1 first id 2 most entries 3 most bytes of a value 4… the fields

local listed = {}
for i = 4, #ARGV do
  listed[ARGV[i]] = true
end
local page = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
for _, entry in ipairs(page) do
  local fields = {}
  for i = 1, #entry[2], 2 do
    if listed[entry[2][i]] then
      fields[#fields + 1] = entry[2][i]
      fields[#fields + 1] = string.sub(entry[2][i + 1], 1, tonumber(ARGV[3]))
    end
  end
  entry[2] = fields
end
return page
