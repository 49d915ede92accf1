using Speech.Client;
using Speech.Contracts.Jobs;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Delivery;
using Speech.EndToEnd.Tests.Support;
using Speech.Lab.Speakers;
using Speech.Redis;

namespace Speech.EndToEnd.Tests;

public sealed class GatewayFaultTests
{
    private const int Interrupted = 3;

    private readonly SpeakerScript _script = Hearing.Speakers(1, utterances: 6)[0];

    [Fact]
    public async Task A_gateway_that_is_told_to_stop_hands_over_the_open_segment_of_a_client_that_is_not_back_at_once()
    {
        await using var fleet = await TestFleet.StartAsync("gateway-stopped", gateways: 2);
        await using var first = await BeginAsync(fleet);
        var open = first.Messages.OfType<SpeechStarted>().Last().Segment;
        using (fleet.Freeze("stt-1"))
        {
            Signal.Send(fleet.PidOf("gateway-1"), Signal.Terminate);
            var closed = await Should.ThrowAsync<SpeechClientException>(first.Completed);
            closed.CloseCode.ShouldBe(CloseCode.GoingAway);

            await Until.TrueAsync(
                async () => await fleet.Redis.StreamLengthAsync(RedisKeys.AudioJobs) == 1, "the open segment to be queued");
            var jobs = await fleet.Redis.StreamRangeAsync(RedisKeys.AudioJobs);
            jobs.Select(job => (job.GetString(AudioJobFields.ClientId), job.GetString(AudioJobFields.Segment)))
                .ShouldBe([(first.ClientId, $"{open}")]);
        }

        // Its transcript waits in the history: seq counts from 1, segments from 0.
        await Until.TrueAsync(
            async () => await fleet.Redis.StreamLengthAsync(RedisKeys.History(first.ClientId)) == open + 1,
            "the open segment's transcript in the history");
        await using var second = await GoOnAsync(fleet, first);
        second.Ready.Committed.ShouldBeInRange(_script.Utterances[Interrupted].Start, _script.Utterances[Interrupted].End);
        second.Transcripts[0].Segment.ShouldBe(open);
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task Clients_that_are_told_to_go_while_they_stream_find_everything_at_another_gateway()
    {
        var scripts = Hearing.Speakers(3, utterances: 8);
        await using var fleet = await TestFleet.StartAsync("gateway-drained", gateways: 2);

        // Nobody is to be done before.
        var talks = await Task.WhenAll(
            scripts.Select(script => Talk.BeginAsync(fleet.Report.GatewayUrl(0), script, pauseAt: script.Utterances[^1].Start)));
        await Until.TrueAsync(() => talks.All(talk => talk.Transcripts.Count > 0), "a transcript for everyone");
        Signal.Send(fleet.PidOf("gateway-1"), Signal.Terminate);

        await Task.WhenAll(scripts.Zip(talks, async (script, talk) =>
        {
            (await Should.ThrowAsync<SpeechClientException>(talk.Completed)).CloseCode.ShouldBe(CloseCode.GoingAway);
            await using var next = await Talk.BeginAsync(fleet.Report.GatewayUrl(1), script, talk.ClientId, talk.Transcripts[^1].Seq);
            await next.Completed;
            IReadOnlyList<Transcript> all = [.. talk.Transcripts, .. next.Transcripts];
            await all.ShouldTellAsync(script, await Talk.WholeAsync(fleet.Report.GatewayUrl(1), script));
            await talk.DisposeAsync();
        }));
        await fleet.ShouldBeIdleAsync();
    }

    [Fact]
    public async Task The_client_of_a_killed_gateway_sends_what_was_not_committed_to_another_and_misses_nothing()
    {
        await using var fleet = await TestFleet.StartAsync("gateway-killed", gateways: 2);
        await using var first = await BeginAsync(fleet);
        var gateway = fleet.PidOf("gateway-1");
        Signal.Send(gateway, Signal.Kill);
        (await Should.ThrowAsync<SpeechClientException>(first.Completed)).CloseCode.ShouldBeNull();

        await using var second = await GoOnAsync(fleet, first);
        second.Ready.Committed.ShouldBeLessThan(_script.Utterances[Interrupted].End);
        await fleet.ShouldBeIdleAsync();
        await fleet.RestartedAsync("gateway-1", gateway);
    }

    /// <summary>Talks up to the middle of an utterance, and waits until all that came before has been heard.</summary>
    private async Task<Talk> BeginAsync(TestFleet fleet)
    {
        var interrupted = _script.Utterances[Interrupted];
        var talk = await Talk.BeginAsync(fleet.Report.GatewayUrl(0), _script, pauseAt: (interrupted.Start + interrupted.End) / 2);
        await talk.Paused;
        await Until.TrueAsync(
            () => talk.Messages.OfType<SpeechStarted>().LastOrDefault() is { } started && started.Start > interrupted.Start - 0.5
                && talk.Transcripts.Count == started.Segment,
            "the transcripts of all but the open segment");
        return talk;
    }

    /// <summary>Comes back to the other gateway and says the rest.</summary>
    private async Task<Talk> GoOnAsync(TestFleet fleet, Talk first)
    {
        var talk = await Talk.BeginAsync(fleet.Report.GatewayUrl(1), _script, first.ClientId, first.Transcripts[^1].Seq);
        await talk.Completed;

        IReadOnlyList<Transcript> all = [.. first.Transcripts, .. talk.Transcripts];
        await all.ShouldTellAsync(_script, await Talk.WholeAsync(fleet.Report.GatewayUrl(1), _script));
        return talk;
    }
}
