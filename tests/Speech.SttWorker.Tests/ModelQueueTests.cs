using Speech.Contracts;
using Speech.Hosting;
using Speech.Redis;

namespace Speech.SttWorker.Tests;

public class ModelQueueTests
{
    private readonly WorkerStatistics _statistics = new(TimeProvider.System);
    private readonly ModelQueue _queue;
    private ulong _next;

    public ModelQueueTests()
    {
        var settings = SttWorkerSettings.From(new EnvironmentSettings(_ => null)) with { Slots = 4, BatchTimeout = TimeSpan.Zero };
        _queue = new ModelQueue(settings, TimeProvider.System, _statistics);
    }

    [Fact]
    public void Finals_go_first_and_interims_only_while_finals_leave_half_of_the_slots()
    {
        _queue.Add(Interim("anna", 7)).ShouldBeTrue();
        _queue.Add(Final("anna", 0)).ShouldBeTrue();

        _queue.TakeInterim(finalsInModel: 0).ShouldBeNull();
        _queue.TakeFinal(_ => 0).ShouldNotBeNull().Audio.Segment.ShouldBe(0);
        _queue.TakeInterim(finalsInModel: 3).ShouldBeNull();
        _queue.TakeInterim(finalsInModel: 2).ShouldNotBeNull().Audio.Segment.ShouldBe(7);
    }

    [Fact]
    public void The_client_with_the_fewest_jobs_in_the_model_is_next_and_each_clients_own_stay_in_order()
    {
        foreach (var segment in (int[])[0, 1, 2])
            _queue.Add(Final("anna", segment));
        _queue.Add(Final("ben", 0));

        var inModel = new Dictionary<string, int> { ["anna"] = 0, ["ben"] = 0 };
        var order = Enumerable.Range(0, 4).Select(_ =>
        {
            var audio = _queue.TakeFinal(client => inModel[client]).ShouldNotBeNull().Audio;
            inModel[audio.ClientId]++;
            return (audio.ClientId, audio.Segment);
        });

        order.ShouldBe([("anna", 0), ("ben", 0), ("anna", 1), ("anna", 2)]);
    }

    [Fact]
    public void A_segments_final_ends_its_interims_those_that_wait_and_those_that_come_later()
    {
        _queue.Add(Interim("anna", 7));
        _queue.Add(Interim("ben", 7));
        _queue.Add(Final("anna", 7));
        _queue.Add(Interim("anna", 7)).ShouldBeFalse();

        _queue.TakeFinal(_ => 0).ShouldNotBeNull();
        _queue.TakeInterim(1).ShouldNotBeNull().Audio.ClientId.ShouldBe("ben");
        _queue.TakeInterim(1).ShouldBeNull();
        _statistics.InterimsLost.ShouldBe(1);
    }

    [Fact]
    public void A_later_revision_takes_the_place_of_an_earlier_one()
    {
        _queue.Add(Interim("anna", 7, revision: 1));
        _queue.Add(Interim("anna", 7, revision: 2));

        _queue.TakeInterim(0).ShouldNotBeNull().Audio.Revision.ShouldBe(2);
        _queue.TakeInterim(0).ShouldBeNull();
        _queue.Interims.Count.ShouldBe(1, "it is in the model");
    }

    [Fact]
    public void An_interim_that_has_waited_too_long_is_dropped()
    {
        _queue.Add(new InterimJob(Audio("anna", 7, AudioJobKind.Interim, 0), TimeProvider.System.GetTimestamp() - 1));

        _queue.TakeInterim(0).ShouldBeNull();
        (_statistics.InterimsLost, _queue.Interims.Count).ShouldBe((1, 0));
    }

    [Fact]
    public void There_is_room_for_half_as_many_interims_as_slots()
    {
        Enumerable.Range(0, 5).Count(segment => _queue.Add(Interim("anna", segment))).ShouldBe(2);
    }

    [Fact]
    public void When_closed_it_hands_over_what_was_not_begun_and_takes_no_more()
    {
        _queue.Add(Final("anna", 0));
        _queue.Add(Interim("ben", 0));

        _queue.Close().ShouldHaveSingleItem().Audio.ClientId.ShouldBe("anna");

        _queue.Add(Final("anna", 1)).ShouldBeFalse();
        _queue.Add(Interim("anna", 2)).ShouldBeFalse();
        _queue.WaitForJob().ShouldBeFalse();
        _queue.Interims.Count.ShouldBe(0);
    }

    private FinalJob Final(string clientId, int segment)
    {
        var entry = new StreamEntry(new StreamId(++_next, 0), default);
        return new FinalJob(Audio(clientId, segment, AudioJobKind.Final, 0), new Delivery(entry, 1));
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
