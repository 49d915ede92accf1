-- Finds the jobs that a client waits for in vain: they are neither done nor on their stream any more. Somebody deleted or trimmed it, or
-- Redis evicted it. finish.lua ends a job and takes it off the stream in one step, so there is no moment in which one only seems lost.
--
-- KEYS: 1 session:<client_id>  2 the jobs' stream
-- ARGV: what is waited for, the first first: '<segment>' on audio_jobs, '<language>:<segment>' on translation_jobs
-- Returns for each the id that its entry had, or '' when its result has come meanwhile; up to the first that is still there: what
-- comes after that can wait, and to look for an entry is to read it, with its audio.

local lost = {}
if type_of(KEYS[1]) ~= 'hash' then
  return lost
end
for i, name in ipairs(ARGV) do
  local id = redis.call('HGET', KEYS[1], 'job:' .. name)
  -- No entry is found on what is no stream, nor by an id that is none.
  local found = id and redis.pcall('XRANGE', KEYS[2], id, id)
  if found and found[1] then
    break
  end
  lost[i] = id or ''
end
return lost
