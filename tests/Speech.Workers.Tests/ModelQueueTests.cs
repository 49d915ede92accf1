using Speech.Delivery.Jobs;
using Speech.Redis;
using Speech.Workers.Jobs;
using Speech.Workers.Model;
using StackExchange.Redis;

namespace Speech.Workers.Tests;

public class ModelQueueTests
{
    private readonly ModelQueue _queue =
        new(new WorkerSettings { WorkerId = "w1", Model = "none", ModelSetting = "MODEL_SIZE", BatchTimeout = TimeSpan.Zero },
            new WorkerCapacity(), TimeProvider.System);

    [Fact]
    public void The_client_with_the_fewest_jobs_in_the_model_is_next_and_each_clients_own_stay_in_order()
    {
        foreach (var job in (Job[])[new("anna", 0), new("anna", 1), new("anna", 2), new("ben", 3)])
            _queue.Add(job).ShouldBeTrue();

        var active = new List<ModelJob>();
        for (var i = 0; i < 4; i++)
            active.Add(_queue.Take(active).ShouldNotBeNull());

        active.Select(job => ((Job)job).Number).ShouldBe([0, 3, 1, 2]);
        _queue.Take(active).ShouldBeNull();
    }

    [Fact]
    public void When_closed_it_hands_over_what_was_not_begun_and_takes_no_more()
    {
        _queue.Add(new Job("anna", 0));
        _queue.Add(new Job("anna", 1));
        _queue.Take([]);

        _queue.Close().ShouldHaveSingleItem().Id.ShouldBe(new StreamId(1, 0));

        _queue.Add(new Job("anna", 2)).ShouldBeFalse();
        _queue.WaitForJob().ShouldBeFalse();
    }

    [Fact]
    public async Task The_models_thread_waits_until_there_is_a_job()
    {
        var waiting = Task.Run(_queue.WaitForJob);
        _queue.Add(new Job("anna", 0));
        (await waiting.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }

    private sealed class Job(string clientId, ulong number)
        : ModelJob(clientId, new JobDelivery(JobStream.Audio, new StreamEntry(new StreamId(number, 0), []), Deliveries: 1))
    {
        public int Number => (int)number;
    }
}
