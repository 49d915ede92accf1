-- Finds the jobs that a client waits for in vain: they are neither done nor on their stream any more. Somebody deleted or trimmed it, or
-- Redis evicted it. finish.lua ends a job and takes it off the stream in one step, so there is no moment in which one only seems lost.
--
-- KEYS: 1 session:<client_id>  2 the jobs' stream
-- ARGV: what is waited for, the first first: '<segment>' on audio_jobs, '<language>:<segment>' on translation_jobs
-- Returns for each the id that its entry had, or '' when its result has come meanwhile; up to the first that is still there: what
-- comes after that can wait, and to look for an entry is to read it, with its audio.

local lost = {}
for i, name in ipairs(ARGV) do
  local id = redis.call('HGET', KEYS[1], 'job:' .. name)
  if id and redis.call('XRANGE', KEYS[2], id, id)[1] then
    break
  end
  lost[i] = id or ''
end
return lost
