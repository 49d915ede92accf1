using System.Buffers;
using MessagePack;
using Speech.Contracts.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;

namespace Speech.Contracts.Tests;

public class TranslationJobTests
{
    [Fact]
    public void Every_job_survives() =>
        Properties.HoldFor(Messages.TranslationJob, job => TranslationJob.Read(job.ToArray()).ShouldBe(job));

    [Fact]
    public void A_text_of_64_kilobytes_fits_and_no_more()
    {
        var job = Messages.SomeTranslationJob with { Text = new string('é', TranslationJob.MaxTextBytes / 2) };
        TranslationJob.Read(job.ToArray()).ShouldBe(job);
        Should.Throw<ArgumentException>(() => (job with { Text = job.Text + "x" }).ToArray()).Message
            .ShouldContain("'text' has more than 65536 bytes");
        Refused(fields => fields["text"] = job.Text + "x").ShouldContain("65536");
    }

    [Theory]
    [InlineData("client_id", "a b", "'client_id' must be")]
    [InlineData("segment", -1L, "'segment' is -1")]
    [InlineData("segment", 1L << 31, "'segment' is 2147483648")]
    [InlineData("source_language", "klingon", "'source_language' is 'klingon', no known code")]
    [InlineData("source_language", "la", "'source_language' is 'la', no known code")]
    [InlineData("language", "xx", "'language' is 'xx', no known code")]
    [InlineData("text", 5L, "expected a string, found an integer")]
    [InlineData("trace_id", "", "'trace_id' must be")]
    [InlineData("created_at", -1L, "'created_at' is -1")]
    [InlineData("created_at", long.MaxValue, "no time")]
    public void A_field_out_of_its_bounds_is_refused_by_name(string field, object value, string reason) =>
        Refused(fields => fields[field] = value).ShouldContain(reason);

    [Theory]
    [InlineData("client_id")]
    [InlineData("segment")]
    [InlineData("text")]
    [InlineData("source_language")]
    [InlineData("language")]
    [InlineData("created_at")]
    public void A_field_that_must_be_there_is_missed_by_name(string field) =>
        Refused(fields => fields.Remove(field)).ShouldBe($"the field '{field}' is missing");

    [Fact]
    public void Other_producers_may_leave_the_trace_out_and_add_fields_of_their_own()
    {
        var fields = Fields();
        fields.Remove("trace_id");
        fields["mood"] = "good";
        TranslationJob.Read(Encode(fields)).ShouldBe(Messages.SomeTranslationJob with { TraceId = null });
    }

    [Fact]
    public void A_field_that_comes_twice_is_an_error()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(2);
        writer.Write("language");
        writer.Write("fr");
        writer.Write("language");
        writer.Write("es");
        writer.Flush();
        Should.Throw<MalformedMessageException>(() => TranslationJob.Read(output.WrittenMemory)).Reason
            .ShouldBe("the field 'language' comes twice");
    }

    private static Dictionary<string, object> Fields()
    {
        var job = Messages.SomeTranslationJob;
        return new()
        {
            ["client_id"] = job.ClientId,
            ["segment"] = (long)job.Segment,
            ["text"] = job.Text,
            ["source_language"] = job.SourceLanguage,
            ["language"] = job.Language,
            ["trace_id"] = job.TraceId!,
            ["created_at"] = job.CreatedAt.ToUnixTimeMilliseconds(),
        };
    }

    private static string Refused(Action<Dictionary<string, object>> change)
    {
        var fields = Fields();
        change(fields);
        return Should.Throw<MalformedMessageException>(() => TranslationJob.Read(Encode(fields))).Reason;
    }

    private static byte[] Encode(Dictionary<string, object> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(fields.Count);
        foreach (var (name, value) in fields)
        {
            writer.Write(name);
            if (value is string text)
                writer.Write(text);
            else
                writer.Write((long)value);
        }
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }
}
