using System.Buffers;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

public class AudioJobTests
{
    [Fact]
    public void Every_job_survives() => Properties.HoldFor(Messages.AudioJob, job => AudioJob.Read(job.ToArray()).ShouldSay(job));

    [Fact]
    public void The_audio_is_not_copied()
    {
        var bytes = Messages.SomeJob().ToArray();
        var job = AudioJob.Read(bytes);
        bytes.AsSpan().Overlaps(job.Audio.Span).ShouldBeTrue();
        job.DurationMs.ShouldBe(100);
    }

    [Fact]
    public void Thirty_seconds_fit_and_no_more()
    {
        AudioJob.Read(Messages.SomeJob(audioBytes: AudioJob.MaxAudioBytes).ToArray()).DurationMs.ShouldBe(30_000);
        Should.Throw<ArgumentException>(() => Messages.SomeJob(audioBytes: AudioJob.MaxAudioBytes + 2).ToArray()).Message
            .ShouldContain("'audio' has 960002");
        Refused(job => job["audio"] = new byte[AudioJob.MaxAudioBytes + 2]).ShouldContain("allowed are");
    }

    [Theory]
    [InlineData("client_id", "", "'client_id' must be 1..128 characters")]
    [InlineData("client_id", "a b", "'client_id' must be")]
    [InlineData("client_id", 7, "expected a string, found an integer")]
    [InlineData("segment", -1, "'segment' is -1")]
    [InlineData("segment", 1L << 31, "too large")]
    [InlineData("kind", "urgent", "'kind' is 'urgent'")]
    [InlineData("revision", -2, "'revision' is -2")]
    [InlineData("start", double.NaN, "'start' is NaN")]
    [InlineData("start", -0.5, "'start' is -0.5")]
    [InlineData("end", double.PositiveInfinity, "'end' is")]
    [InlineData("end", 0.5, "'end' is 0.5, 'start' is 1")]
    [InlineData("language", "klingon", "'language' is 'klingon'")]
    [InlineData("prompt", "", "'prompt' must be 1..1000 bytes")]
    [InlineData("prompt", "two\nlines", "without control characters")]
    [InlineData("prompt", 5, "expected a string, found an integer")]
    [InlineData("translate", "fr", "expected an array, found a string")]
    [InlineData("words", "yes", "expected a boolean, found a string")]
    [InlineData("trace_id", "", "'trace_id' must be")]
    [InlineData("created_at", -1, "'created_at' is -1")]
    [InlineData("created_at", long.MaxValue, "no time")]
    [InlineData("sample_rate", 8000, "'sample_rate' is 8000, allowed is 16000")]
    [InlineData("codec", "opus", "'codec' is 'opus'")]
    [InlineData("audio", "text", "expected binary data, found a string")]
    public void A_field_out_of_its_bounds_is_refused_by_name(string field, object value, string reason) =>
        Refused(job => job[field] = value).ShouldContain(reason);

    [Fact]
    public void Odd_or_no_audio_and_unknown_or_too_many_translations_are_refused()
    {
        Refused(job => job["audio"] = new byte[3]).ShouldContain("whole samples");
        Refused(job => job["audio"] = Array.Empty<byte>()).ShouldContain("'audio' has 0 bytes");
        Refused(job => job["translate"] = (string[])["fr", "xx"]).ShouldContain("'translate' has 'xx'");
        Refused(job => job["translate"] = Enumerable.Repeat("fr", 9).ToArray()).ShouldContain("allowed are 8");
    }

    [Fact]
    public void A_prompt_that_is_too_long_is_neither_read_nor_written()
    {
        var prompt = new string('x', Prompt.MaxBytes + 1);
        Refused(job => job["prompt"] = prompt).ShouldContain($"{Prompt.MaxBytes}");
        Should.Throw<ArgumentException>(() => Messages.SomeJob(prompt: prompt).ToArray()).Message.ShouldContain("'prompt' must be");
    }

    [Theory]
    [InlineData("client_id")]
    [InlineData("segment")]
    [InlineData("kind")]
    [InlineData("start")]
    [InlineData("end")]
    [InlineData("created_at")]
    [InlineData("sample_rate")]
    [InlineData("codec")]
    [InlineData("audio")]
    public void A_field_that_must_be_there_is_missed_by_name(string field) =>
        Refused(job => job.Remove(field)).ShouldBe($"the field '{field}' is missing");

    [Fact]
    public void Other_producers_may_write_integers_for_times_leave_optional_fields_out_and_add_their_own()
    {
        var fields = Fields();
        fields["start"] = 1;
        fields["end"] = 2;
        fields["mood"] = (string[])["good"];
        var job = AudioJob.Read(Encode(fields));
        (job.Start, job.End, job.Language, job.Prompt, job.TraceId, job.Words, job.Revision)
            .ShouldBe((1.0, 2.0, null, null, null, false, 0));
        job.Translate.ShouldBeEmpty();
    }

    [Fact]
    public void A_field_that_comes_twice_is_an_error()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(2);
        writer.Write("segment");
        writer.Write(1);
        writer.Write("segment");
        writer.Write(2);
        writer.Flush();
        Should.Throw<MalformedMessageException>(() => AudioJob.Read(output.WrittenMemory)).Reason
            .ShouldBe("the field 'segment' comes twice");
    }

    [Fact]
    public void A_job_that_no_reader_would_take_is_not_written() =>
        Should.Throw<ArgumentException>(() => Messages.SomeJob(clientId: "a b").ToArray()).Message.ShouldContain("client_id");

    private static Dictionary<string, object> Fields() => new()
    {
        ["client_id"] = "anna",
        ["segment"] = 0,
        ["kind"] = "final",
        ["start"] = 1.0,
        ["end"] = 1.1,
        ["created_at"] = 1_700_000_000_000L,
        ["sample_rate"] = 16000,
        ["codec"] = "pcm_s16le",
        ["audio"] = new byte[3200],
    };

    private static string Refused(Action<Dictionary<string, object>> change)
    {
        var fields = Fields();
        change(fields);
        return Should.Throw<MalformedMessageException>(() => AudioJob.Read(Encode(fields))).Reason;
    }

    private static byte[] Encode(Dictionary<string, object> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(fields.Count);
        foreach (var (name, value) in fields)
        {
            writer.Write(name);
            switch (value)
            {
                case string text:
                    writer.Write(text);
                    break;
                case double number:
                    writer.Write(number);
                    break;
                case byte[] data:
                    writer.Write(data);
                    break;
                case string[] items:
                    writer.WriteArrayHeader(items.Length);
                    foreach (var item in items)
                        writer.Write(item);
                    break;
                default:
                    writer.Write(Convert.ToInt64(value, null));
                    break;
            }
        }
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
