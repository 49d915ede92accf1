using System.CommandLine;
using Speech.Audio.Pcm;
using Speech.Audio.Wav;
using Speech.Contracts;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Contracts.Text;
using Speech.Delivery;
using Speech.Delivery.Dead;
using Speech.Redis;
using StackExchange.Redis;

namespace Speech.Cli.Dead;

/// <summary>`dead show`: all about one job, and its audio to listen to.</summary>
internal static class ShowCommand
{
    private static readonly Argument<string> Id = new("ID") { Description = "The id as `dead list` shows it, or its beginning." };
    private static readonly Option<string?> RedisUrl = DeadOptions.RedisUrl();
    private static readonly Option<string> Stream = DeadOptions.Stream();
    private static readonly Option<bool> Json = Options.Json("One JSON object.");
    private static readonly Option<string?> Wav =
        new("--wav") { Description = "Also write the segment's audio to this file.", HelpName = "FILE" };

    public static Command Create()
    {
        var command = new Command("show", "Shows one job that was given up.") { Id, RedisUrl, Stream, Json, Wav };
        command.SetAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken) => DeadOptions.RunAsync(
        parsed.GetValue(RedisUrl),
        async dead =>
        {
            var jobs = await dead.ListAsync(DeadOptions.StreamsOf(parsed.GetValue(Stream)!), cancellationToken)
                .ToListAsync(cancellationToken);
            if (DeadSelection.Select(jobs, [parsed.GetValue(Id)!], out var problems) is not [var job])
            {
                await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, problems));
                return ExitCodes.Failed;
            }

            if (await dead.ReadAsync(job, cancellationToken) is not { } fields)
            {
                await Console.Error.WriteLineAsync($"{job.Id} of {job.Stream} has gone since.");
                return ExitCodes.Failed;
            }

            return await ShowAsync(job, fields, parsed.GetValue(Json), parsed.GetValue(Wav));
        },
        cancellationToken);

    private static async Task<int> ShowAsync(DeadJob job, StreamEntry fields, bool json, string? wav)
    {
        var (audio, problem) = ReadAudio(job, fields);
        if (json)
            Console.WriteLine(DeadOutput.ToJson(
                new { Job = DeadOutput.Describe(job), Audio = audio is null ? null : Describe(audio), Unreadable = problem }));
        else
            Print(job, audio, problem);

        if (wav is null)
            return ExitCodes.Ok;
        if (audio is null)
        {
            await Console.Error.WriteLineAsync($"{job.Id} of {job.Stream} has no audio to be written.");
            return ExitCodes.Failed;
        }

        var isNew = !Path.Exists(wav);
        try
        {
            var samples = new float[audio.Audio.Length / sizeof(short)];
            PcmConverter.ToFloat(SampleFormat.S16, audio.Audio.Span, samples);
            using var bytes = new MemoryStream();
            WavWriter.Write(bytes, samples, AudioJob.SampleRate);
            await File.WriteAllBytesAsync(wav, bytes.ToArray());
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Half a file is none; but what was there before, or is a device, is not ours to delete.
            if (isNew)
                File.Delete(wav);
            await Console.Error.WriteLineAsync(
                $"{PlainText.Escape(wav)}: {FileProblem.Describe(e, wav)}{(isNew ? "" : " What is there now is incomplete.")}");
            return ExitCodes.Failed;
        }
    }

    private static (AudioJob? Audio, string? Problem) ReadAudio(DeadJob job, StreamEntry fields)
    {
        if (!job.Stream.StartsWith(RedisKeys.AudioJobs, StringComparison.Ordinal)) // a shard's part has its number at the end
            return (null, null);
        try
        {
            return job.Cut is not null ? (null, $"it was larger than any job ({job.Cut}), and its contents were not kept")
                : fields.TryGet(AudioJobFields.Job, out var bytes) ? (AudioJob.Read(bytes), null) : (null, "the field 'job' is missing");
        }
        catch (MalformedMessageException e)
        {
            return (null, e.Message);
        }
    }

    private static void Print(DeadJob job, AudioJob? audio, string? problem)
    {
        Line("id", $"{job.Id}, on {RedisKeys.Dead(job.Stream)}");
        Line("given up", $"{job.DiedAt:u}, {DeadOutput.Age(job.Age)} ago");
        Line("cause", $"{job.Cause ?? "-"}: {job.Reason ?? "-"}");
        Line("deliveries", $"{job.Deliveries?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}");
        if (job.Retried is { } retried)
            Line("put back", $"{retried} times before");
        Line("client", $"{job.ClientId ?? "-"}, segment {job.Segment?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}");
        if (job.Language is not null)
            Line("into", job.Language);
        if (audio is not null)
        {
            Line("audio", FormattableString.Invariant($"{audio.Start:F2} s to {audio.End:F2} s, {audio.Audio.Length} bytes"));
            Line("language", audio.Language ?? "to be detected");
            Line("said at", $"{audio.CreatedAt:u}");
            Line("trace", audio.TraceId ?? "-");
        }

        if (problem is not null)
            Line("unreadable", problem);

        static void Line(string name, string value) => Console.WriteLine($"{name,-11} {PlainText.Escape(value)}");
    }

    private static object Describe(AudioJob audio) => new
    {
        audio.Start,
        audio.End,
        audio.Language,
        audio.Prompt,
        audio.Translate,
        audio.Words,
        audio.TraceId,
        audio.CreatedAt,
        Bytes = audio.Audio.Length,
    };
}
