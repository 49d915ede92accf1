-- Ends a job: acknowledges it, deletes it, releases its result to the client and queues what follows from it, all or nothing.
--
-- Guarantees:
--   * One result a job. Two workers may both have run it (the second claimed it from the first, which was only slow): the
--     first to acknowledge gives the result, the other changes nothing.
--   * A job whose stream or group is gone, and that nobody can acknowledge any more, is not done in vain: the session has a field for
--     each job that it waits for, "job:<segment>" or "job:<language>:<segment>", with its entry's id, and as long as that is there the
--     result is wanted. Where the entry is gone, too, it may be a failure, see lost.lua.
--   * Transcripts come in segment order, whatever the order in which workers finish. A result that is early is kept in the
--     session ("held:<segment>") and released by the script that finishes the segment before it.
--   * seq is given here, at release. So it follows segment order, has no gaps, and is in the history before it is published:
--     a client that comes back and asks for everything after a seq misses nothing and sees nothing twice. If gateways put
--     results in order instead, each would have to remember what it holds back, and a gateway that dies would lose it.
--   * What is queued for translation is queued with the release of its transcript: a translation follows its transcript.
--   * Translations into one language come in segment order, too. The session has a field for each that is owed,
--     "translating:<language>:<segment>", with the segment that comes before it in that language; one that is early is kept
--     ("held:<language>:<segment before>") and released by the script that finishes the one before it. What a session does not
--     know of (it has expired, or someone else queued the job) waits for nothing and holds up nothing.
--   * A job that a person has put back after it was given up (speech dead retry) comes too late for its place, where its client
--     was told that it failed. Its result is released at once, with the next seq: once, like any other.
--
-- KEYS: 1 the jobs' stream  2 session:<client_id>  3 history:<client_id>  4 translation_jobs  5 <stream>:dead
-- ARGV: 1 group  2 entry id  3 client_id, or '' when nobody can be told  4 results:<client_id>  5 segment
--       6 of a translation: its language, else ''  7 result: a MessagePack map without seq
--       8 time to live (seconds)  9 most entries in the history  10 most entries in the dead stream
--       11 reason why the job is given up and moved to the dead stream, or ''  12 most entries in translation_jobs
--       13 the same reason for programs  14 how often the job was delivered  15 '1' of a job that was put back, else ''
--       16… for each translation that follows: language, job or '', and the result when there is no job or no room for it
-- Returns 1 if this was the first end of the job, else 0.

local session, history, translation_jobs = KEYS[2], KEYS[3], KEYS[4]
local client, channel, segment, language = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local awaited = 'job:' .. (language ~= '' and language .. ':' or '') .. ARGV[5]

-- The write comes first. It makes the script "dirty": from here on Redis refuses it no write for want of memory.
local acknowledged = redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1
local is_awaited = redis.call('HGET', session, awaited) == ARGV[2]
if not acknowledged and not is_awaited then
  return 0
end
if is_awaited then
  redis.call('HDEL', session, awaited)
end

if ARGV[11] ~= '' then
  local entry = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
  if entry then
    local fields = entry[2]
    for _, text in ipairs({ 'cause', ARGV[13], 'reason', ARGV[11], 'deliveries', ARGV[14] }) do
      fields[#fields + 1] = text
    end
    redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[10], '*', unpack(fields))
  end
end
redis.call('XDEL', KEYS[1], ARGV[2])
if client == '' then
  return 1
end

local seq = tonumber(redis.call('HGET', session, 'seq') or nil)
if not seq then
  -- The session is gone (expired, or never made by enqueue.lua): go on after its history, if that is still there.
  local last = redis.call('XREVRANGE', history, '+', '-', 'COUNT', 1)[1]
  seq = last and tonumber(string.match(last[1], '^%d+')) or 0
end

local function publish(result)
  seq = seq + 1
  redis.call('XADD', history, 'MAXLEN', '~', ARGV[9], string.format('%.0f-0', seq), 'result', result)
  redis.call('PUBLISH', channel, '\146' .. cmsgpack.pack(seq) .. result) -- 0x92: an array of two
end

-- number: the segment, as a string
local function release_translation(into, number, result)
  local owed, held = 'translating:' .. into .. ':', 'held:' .. into .. ':'
  local before = redis.call('HGET', session, owed .. number)
  if before and redis.call('HEXISTS', session, owed .. before) == 1 then
    redis.call('HSET', session, held .. before, cmsgpack.pack({ number, result }))
    return
  end
  while result do
    publish(result)
    redis.call('HDEL', session, owed .. number)
    local following = redis.call('HGET', session, held .. number)
    redis.call('HDEL', session, held .. number)
    number, result = unpack(following and cmsgpack.unpack(following) or {})
  end
end

-- result: the map, then language, job and result of each translation that follows
local function release_transcript(number, result)
  number = string.format('%.0f', number)
  publish(result[1])
  for i = 2, #result, 3 do
    local into, job = result[i], result[i + 1]
    local last = 'translating:' .. into
    redis.call('HSET', session, last .. ':' .. number, redis.call('HGET', session, last) or '')
    redis.call('HSET', session, last, number)
    if job ~= '' and redis.call('XLEN', translation_jobs) < tonumber(ARGV[12]) then
      local id = redis.call('XADD', translation_jobs, '*', 'client_id', client, 'segment', number, 'language', into, 'job', job)
      redis.call('HSET', session, 'job:' .. into .. ':' .. number, id)
    else
      release_translation(into, number, result[i + 2])
    end
  end
end

local result = { ARGV[7], unpack(ARGV, 16) }
local in_order = redis.call('HEXISTS', session, 'segments') == 1
local next_segment = tonumber(redis.call('HGET', session, 'released') or 0)
if language ~= '' then
  release_translation(language, ARGV[5], ARGV[7])
elseif not in_order then
  release_transcript(segment, result)
elseif segment > next_segment then
  redis.call('HSET', session, 'held:' .. ARGV[5], cmsgpack.pack(result))
elseif segment == next_segment then
  while result do
    release_transcript(next_segment, result)
    next_segment = next_segment + 1
    local field = 'held:' .. string.format('%.0f', next_segment)
    local held = redis.call('HGET', session, field)
    result = held and cmsgpack.unpack(held)
    redis.call('HDEL', session, field)
  end
  redis.call('HSET', session, 'released', next_segment)
elseif ARGV[15] == '1' then
  release_transcript(segment, result)
end
-- else: its result has been released before; only a job that was queued twice gets here, and its second result is dropped.

redis.call('HSET', session, 'seq', string.format('%.0f', seq))
redis.call('EXPIRE', session, ARGV[8])
redis.call('EXPIRE', history, ARGV[8])
return 1
