-- Ends a job: acknowledges it, deletes it, releases its result to the client and queues what follows from it, all or nothing: all that can
-- fail is looked at before the first write, and a job that cannot be ended stays pending.
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
--   * A job that is given up is kept on the dead stream, as it is; one with more fields or bytes than any of ours has is cut, and says so in
--     its field "cut". The dead stream keeps within a number of entries and of bytes: the oldest go.
--
-- KEYS: 1 the jobs' stream  2 session:<client_id>  3 history:<client_id>  4 translation_jobs  5 <stream>:dead
-- ARGV: 1 group  2 entry id  3 client_id, or '' when nobody can be told  4 results:<client_id>  5 segment
--       6 of a translation: its language, else ''  7 result: a MessagePack map without seq
--       8 time to live (seconds)  9 most entries in the history  10 most entries in the dead stream
--       11 reason why the job is given up and moved to the dead stream, or ''  12 most entries in translation_jobs
--       13 the same reason for programs  14 how often the job was delivered  15 '1' of a job that was put back, else ''
--       16 most bytes in the dead stream
--       17… for each translation that follows: language, job or '', and the result when there is no job or no room for it
-- Returns 1 if this was the first end of the job, else 0.

local MOST_FIELDS, MOST_BYTES = 64, 2097152 -- of a dead entry; the largest job has a megabyte
local KEPT_FIELDS, KEPT_BYTES = { 'client_id', 'segment', 'kind', 'duration_ms', 'language', 'retried' }, 256 -- of one that is cut

local session, history, translation_jobs, dead = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local client, channel, segment, language = ARGV[3], ARGV[4], whole(ARGV[5], MOST_SEGMENTS), ARGV[6]
local awaited = 'job:' .. (language ~= '' and language .. ':' or '') .. ARGV[5]
local gives_up = ARGV[11] ~= ''

local life, most_results, most_dead = life_of(ARGV[8]), whole(ARGV[9], MOST_SEQ), whole(ARGV[10], MOST_SEQ)
local most_translations, most_dead_bytes = whole(ARGV[12], MOST_SEQ), whole(ARGV[16], MOST_SEQ)

if not (segment and life and most_results and most_dead and most_translations and most_dead_bytes) or #ARGV > 128 or (#ARGV - 16) % 3 ~= 0 then
  return redis.error_reply('ERR this is no end of a job')
end
if gives_up and not is_of('stream', dead) then
  return redis.error_reply('WRONGTYPE ' .. dead .. ' must be a stream: it is where jobs are kept that are given up')
end
if gives_up and type_of(dead) == 'stream' and last_id(dead) == LAST_ID then
  return redis.error_reply('ERR ' .. dead .. ' has no id left for another entry: delete it')
end
local refusal = forbidden({ 'XDEL', KEYS[1], '0-1' }, { 'HSET', session, 'a', 'b' }, { 'HDEL', session, 'a' }, { 'DEL', session },
  { 'XADD', history, '*', 'a', 'b' }, { 'PUBLISH', channel, '' }, { 'EXPIRE', session, '1' }, { 'EXPIRE', history, '1' })
  or gives_up and forbidden({ 'XADD', dead, '*', 'a', 'b' }, { 'XTRIM', dead, 'MAXLEN', '1' })
  or #ARGV > 16 and forbidden({ 'XADD', translation_jobs, '*', 'a', 'b' })
if refusal then
  return refusal
end
local has_session, seq_in_history = is_session(session), last_seq(history)
local may_translate = is_of('stream', translation_jobs)
local is_awaited = has_session and redis.call('HGET', session, awaited) == ARGV[2]
local in_order = has_session and redis.call('HEXISTS', session, 'segments') == 1
local entry = gives_up and redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]

-- Nothing fails from here on: what follows has been looked at, or is asked with pcall. And the write comes first: it makes the script
-- "dirty", and Redis refuses it no other for want of memory.
local acknowledged = redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1
if not acknowledged and not is_awaited then
  return 0
end
if is_awaited then
  redis.call('HDEL', session, awaited)
end

local function bury(fields)
  local bytes = 0
  for _, text in ipairs(fields) do
    bytes = bytes + #text
  end
  if #fields > 2 * MOST_FIELDS or bytes > MOST_BYTES then
    local values, kept = {}, {}
    for i = 1, #fields, 2 do
      values[fields[i]] = values[fields[i]] or fields[i + 1]
    end
    for _, name in ipairs(KEPT_FIELDS) do
      if values[name] then
        kept[#kept + 1] = name
        kept[#kept + 1] = string.sub(values[name], 1, KEPT_BYTES)
      end
    end
    kept[#kept + 1] = 'cut'
    kept[#kept + 1] = string.format('%.0f fields of %.0f bytes in all', #fields / 2, bytes)
    fields = kept
  end
  for _, text in ipairs({ 'cause', ARGV[13], 'reason', ARGV[11], 'deliveries', ARGV[14] }) do
    fields[#fields + 1] = text
  end
  redis.call('XADD', dead, 'MAXLEN', '~', most_dead, '*', unpack(fields))
  while true do
    local used, entries = redis.pcall('MEMORY', 'USAGE', dead, 'SAMPLES', '0'), redis.pcall('XLEN', dead)
    if type(used) ~= 'number' or type(entries) ~= 'number' or used <= most_dead_bytes or entries <= 1 then
      return
    end
    redis.call('XTRIM', dead, 'MAXLEN', math.floor(entries * 7 / 8))
  end
end

if entry then
  bury(entry[2])
end
redis.call('XDEL', KEYS[1], ARGV[2])
if client == '' then
  return 1
end

if not has_session then
  remove(session)
end
if not seq_in_history then
  remove(history)
end
-- A session that is gone (expired, or never made by enqueue.lua) goes on after its history, if that is still there.
local seq = math.max(whole(redis.call('HGET', session, 'seq'), MOST_SEQ) or 0, seq_in_history or 0)

local function publish(result)
  seq = seq + 1
  redis.call('XADD', history, 'MAXLEN', '~', most_results, string.format('%.0f-0', seq), 'result', result)
  redis.call('PUBLISH', channel, '\146' .. cmsgpack.pack(seq) .. result) -- 0x92: an array of two
end

-- What was kept in the session under a name, and is taken out of it: a list of texts; nil when it is none.
local function take(name)
  local packed = redis.call('HGET', session, name)
  if not packed then
    return nil, false
  end
  redis.call('HDEL', session, name)
  local is_packed, list = pcall(cmsgpack.unpack, packed)
  if not is_packed or type(list) ~= 'table' or #list == 0 then
    return nil, true
  end
  for _, text in ipairs(list) do
    if type(text) ~= 'string' then
      return nil, true
    end
  end
  return list, true
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
    number, result = unpack(take(held .. number) or {}, 1, 2)
  end
end

-- result: the map, then language, job and result of each translation that follows
local function release_transcript(number, result)
  number = string.format('%.0f', number)
  publish(result[1])
  for i = 2, #result - 2, 3 do
    local into, job = result[i], result[i + 1]
    local last = 'translating:' .. into
    redis.call('HSET', session, last .. ':' .. number, redis.call('HGET', session, last) or '')
    redis.call('HSET', session, last, number)
    local waiting = job ~= '' and may_translate and redis.pcall('XLEN', translation_jobs)
    local id = type(waiting) == 'number' and waiting < most_translations
      and redis.pcall('XADD', translation_jobs, '*', 'client_id', client, 'segment', number, 'language', into, 'job', job)
    if type(id) == 'string' then
      redis.call('HSET', session, 'job:' .. into .. ':' .. number, id)
    else
      release_translation(into, number, result[i + 2])
    end
  end
end

local result = { ARGV[7], unpack(ARGV, 17) }
local next_segment = whole(redis.call('HGET', session, 'released'), MOST_SEGMENTS) or 0
if language ~= '' then
  release_translation(language, ARGV[5], ARGV[7])
elseif not in_order then
  release_transcript(segment, result)
elseif segment > next_segment then
  redis.call('HSET', session, 'held:' .. ARGV[5], cmsgpack.pack(result))
elseif segment == next_segment then
  local was_held
  repeat
    if result then
      release_transcript(next_segment, result)
    end
    next_segment = next_segment + 1
    result, was_held = take('held:' .. string.format('%.0f', next_segment))
  until not was_held
  redis.call('HSET', session, 'released', next_segment)
elseif ARGV[15] == '1' then
  release_transcript(segment, result)
end
-- else: its result has been released before; only a job that was queued twice gets here, and its second result is dropped.

redis.call('HSET', session, 'seq', string.format('%.0f', seq))
keep(session, history, life)
return 1
