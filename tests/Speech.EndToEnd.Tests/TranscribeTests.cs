using System.Text.Json;
using Speech.EndToEnd.Tests.Support;

namespace Speech.EndToEnd.Tests;

[Collection(UsesSharedFleet.Name)]
public sealed class TranscribeTests(SharedFleet shared)
{
    [Fact]
    public async Task Several_recordings_at_once_come_back_as_lines_of_json_that_name_their_file()
    {
        var recordings = Hearing.Recordings.Take(12).ToArray();
        var files = recordings.ToDictionary(recording => Checkout.Path($"shared/recordings/an4/{recording.Id}.wav"));
        var run = await ProgramRun.SpeechAsync(["transcribe", .. files.Keys, "--url", shared.Gateway.ToString(), "--json"]);

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Errors.ShouldBeEmpty();
        var messages = run.Lines.Select(line => JsonDocument.Parse(line).RootElement)
            .ToLookup(line => line.GetProperty("file").GetString()!);
        messages.Select(ofFile => ofFile.Key).ShouldBe(files.Keys, ignoreOrder: true);
        foreach (var ofFile in messages)
        {
            string[] types = [.. ofFile.Select(message => message.GetProperty("type").GetString()!)];
            types[0].ShouldBe("ready");
            types[^1].ShouldBe("done");
            types.ShouldBeSubsetOf(["ready", "speech_started", "committed", "transcript", "done"]);
        }

        // One utterance may become two segments; its words stay together.
        var heard = recordings.Zip(
            files.Keys, (_, file) => messages[file].Where(message => message.GetProperty("type").GetString() == "transcript"))
            .SelectMany(transcripts => transcripts.Select(transcript => transcript.GetProperty("text").GetString()));
        await Hearing.ShouldBeRightAsync(recordings, string.Join(' ', heard));
    }

    [Fact]
    public async Task A_segment_that_goes_on_is_shown_as_it_grows_and_then_replaced_by_its_transcript()
    {
        // At the speed of speech: an interim result a second.
        var recording = Hearing.Recordings.MaxBy(recording => recording.Samples.Length)!;
        var run = await ProgramRun.SpeechAsync(
            ["transcribe", Checkout.Path(
                $"shared/recordings/an4/{recording.Id}.wav"), "--url", shared.Gateway.ToString(), "--json", "--interim", "--realtime"]);

        run.ExitCode.ShouldBe(0, run.Errors);
        var messages = run.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var partials = messages.Where(message => message.GetProperty("type").GetString() == "partial").ToArray();
        partials.ShouldNotBeEmpty();
        foreach (var ofSegment in partials.GroupBy(partial => partial.GetProperty("segment").GetInt32()))
        {
            ofSegment.Select(partial => partial.GetProperty("revision").GetInt32()).ShouldBeInOrder(SortDirection.Ascending);
            var transcript = messages.Single(message =>
                message.GetProperty("type").GetString() == "transcript" && message.GetProperty("segment").GetInt32() == ofSegment.Key);
            Array.IndexOf(messages, ofSegment.Last()).ShouldBeLessThan(Array.IndexOf(messages, transcript));
        }
    }

    [Fact]
    public async Task Twelve_clients_at_once_each_hear_only_what_they_said()
    {
        var scripts = Hearing.Speakers(12, utterances: 3);
        var heard = await Task.WhenAll(scripts.Select(script => Talk.WholeAsync(shared.Gateway, script)));
        await Hearing.ShouldTellAsync(scripts, heard);
        await shared.Fleet.ShouldBeIdleAsync();
    }
}
