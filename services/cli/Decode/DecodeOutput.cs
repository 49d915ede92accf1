using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Speech.Models.Whisper;

namespace Speech.Cli.Decode;

/// <summary>What `decode` prints of a recording: text for people, or a line of JSON.</summary>
internal static class DecodeOutput
{
    public static void WriteSegments(IReadOnlyList<TranscribedSegment> segments)
    {
        var text = new StringBuilder();
        foreach (var segment in segments)
        {
            text.Append(CultureInfo.InvariantCulture, $"[{segment.Start:F2} → {segment.End:F2}]{segment.Text}\n");
            foreach (var word in segment.Words ?? [])
                text.Append(CultureInfo.InvariantCulture, $"    [{word.Start:F2} → {word.End:F2}]{word.Text} ({word.Probability:P0})\n");
        }

        Console.Write(text.ToString());
    }

    /// <param name="seconds">Of the recording.</param>
    /// <param name="warnings">What was wrong with the file.</param>
    public static string ToJson(string path, double seconds, IReadOnlyList<string> warnings, bool withTimes, Transcription transcription)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("file", path);
            json.WriteString("text", transcription.Text);
            WriteTokens(json, transcription.Tokens, transcription.LogProbabilities);
            json.WriteNumber("seconds", Math.Round(seconds, 3));
            if (warnings.Count > 0)
            {
                json.WriteStartArray("warnings");
                foreach (var warning in warnings)
                    json.WriteStringValue(warning);
                json.WriteEndArray();
            }
            if (withTimes)
            {
                json.WriteStartArray("segments");
                foreach (var segment in transcription.Segments)
                    WriteSegment(json, segment);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteSegment(Utf8JsonWriter json, TranscribedSegment segment)
    {
        json.WriteStartObject();
        json.WriteNumber("start", segment.Start);
        json.WriteNumber("end", segment.End);
        json.WriteString("text", segment.Text);
        json.WriteNumber("temperature", segment.Temperature);
        json.WriteNumber("confidence", Math.Round(segment.Confidence, 4));
        WriteTokens(json, segment.Tokens, segment.LogProbabilities);
        if (segment.Words is { } words)
        {
            json.WriteStartArray("words");
            foreach (var word in words)
            {
                json.WriteStartObject();
                json.WriteString("word", word.Text);
                json.WriteNumber("start", word.Start);
                json.WriteNumber("end", word.End);
                json.WriteNumber("probability", Math.Round(word.Probability, 4));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteTokens(Utf8JsonWriter json, IReadOnlyList<int> tokens, IReadOnlyList<float> logProbabilities)
    {
        json.WriteStartArray("tokens");
        foreach (var token in tokens)
            json.WriteNumberValue(token);
        json.WriteEndArray();
        json.WriteStartArray("logprobs");
        foreach (var logProbability in logProbabilities)
            json.WriteNumberValue(Math.Round((decimal)logProbability, 5));
        json.WriteEndArray();
    }
}
