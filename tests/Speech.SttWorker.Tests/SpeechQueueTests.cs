using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;
using Speech.Delivery.Jobs;
using Speech.Hosting.Settings;
using Speech.Redis;
using Speech.SttWorker.Engine;
using Speech.SttWorker.Health;
using Speech.SttWorker.Settings;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.SttWorker.Tests;

public class SpeechQueueTests
{
    private readonly SpeechStatistics _statistics = new();
    private readonly SpeechQueue _queue;
    private ulong _next;

    public SpeechQueueTests()
    {
        var settings = SttWorkerSettings.From(new EnvironmentSettings(_ => null)).Worker with { BatchTimeout = TimeSpan.Zero };
        var capacity = new WorkerCapacity();
        capacity.Open(4, ["en"]);
        _queue = new SpeechQueue(settings, capacity, TimeProvider.System, _statistics);
    }

    [Fact]
    public void Finals_go_first_and_interims_only_while_finals_leave_half_of_the_slots()
    {
        _queue.AddInterim(Interim("anna", 7)).ShouldBeTrue();
        _queue.Add(Final("anna", 0)).ShouldBeTrue();

        SegmentOf(_queue.Take([])).ShouldBe(0);
        _queue.Take([Final("ben", 0), Final("ben", 1), Final("ben", 2)]).ShouldBeNull();
        SegmentOf(_queue.Take([Final("ben", 0), Final("ben", 1)])).ShouldBe(7);
    }

    [Fact]
    public void A_segments_final_ends_its_interims_those_that_wait_and_those_that_come_later()
    {
        _queue.AddInterim(Interim("anna", 7));
        _queue.AddInterim(Interim("ben", 7));
        _queue.Add(Final("anna", 7));
        _queue.AddInterim(Interim("anna", 7)).ShouldBeFalse();

        _queue.Take([]).ShouldBeOfType<FinalJob>();
        _queue.Take([]).ShouldBeOfType<InterimJob>().ClientId.ShouldBe("ben");
        _queue.Take([]).ShouldBeNull();
        _statistics.InterimsLost.ShouldBe(1);
    }

    [Fact]
    public void A_later_revision_takes_the_place_of_an_earlier_one()
    {
        _queue.AddInterim(Interim("anna", 7, revision: 1));
        _queue.AddInterim(Interim("anna", 7, revision: 2));

        _queue.Take([]).ShouldBeOfType<InterimJob>().Audio.Revision.ShouldBe(2);
        _queue.Take([]).ShouldBeNull();
        _queue.Interims.Count.ShouldBe(1, "it is in the model");
    }

    [Fact]
    public void An_interim_that_has_waited_too_long_is_dropped()
    {
        _queue.AddInterim(new InterimJob(Audio("anna", 7, AudioJobKind.Interim, 0), TimeProvider.System.GetTimestamp() - 1));

        _queue.Take([]).ShouldBeNull();
        (_statistics.InterimsLost, _queue.Interims.Count).ShouldBe((1, 0));
    }

    [Fact]
    public void There_is_room_for_half_as_many_interims_as_slots()
    {
        Enumerable.Range(0, 5).Count(segment => _queue.AddInterim(Interim("anna", segment))).ShouldBe(2);
    }

    [Fact]
    public void When_closed_it_drops_its_interims_and_takes_no_more()
    {
        _queue.Add(Final("anna", 0));
        _queue.AddInterim(Interim("ben", 0));

        _queue.Close().Count.ShouldBe(1);

        _queue.AddInterim(Interim("anna", 2)).ShouldBeFalse();
        _queue.WaitForJob().ShouldBeFalse();
        _queue.Interims.Count.ShouldBe(0);
    }

    private static int SegmentOf(ModelJob? job) => job.ShouldBeAssignableTo<SpeechJob>()!.Audio.Segment;

    private FinalJob Final(string clientId, int segment)
    {
        var entry = new StreamEntry(new StreamId(++_next, 0), []);
        return new FinalJob(Audio(clientId, segment, AudioJobKind.Final, 0), new JobDelivery(JobStream.Audio, entry, 1));
    }

    private static InterimJob Interim(string clientId, int segment, int revision = 0) =>
        new(Audio(clientId, segment, AudioJobKind.Interim, revision), long.MaxValue);

    private static AudioJob Audio(string clientId, int segment, AudioJobKind kind, int revision) => new()
    {
        ClientId = clientId,
        Segment = segment,
        Kind = kind,
        Revision = revision,
        Start = 0,
        End = 1,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Audio = new byte[2],
    };
}
