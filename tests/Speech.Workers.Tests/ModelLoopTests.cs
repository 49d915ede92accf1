using Microsoft.Extensions.Logging.Abstractions;
using Speech.Catalog;
using Speech.Tensors;
using Speech.Workers.Model;

namespace Speech.Workers.Tests;

public class ModelLoopTests
{
    private readonly ManualTime _time = new();
    private readonly WorkerCapacity _capacity = new();

    [Fact]
    public async Task A_model_that_cannot_be_downloaded_is_tried_again_and_then_says_what_the_worker_can_do()
    {
        var attempts = 0;
        var loop = Loop(() => ++attempts < 3 ? throw new ModelDownloadException("the network is down") : new NoModel());
        loop.Start();

        for (var attempt = 1; attempt < 3; attempt++)
        {
            await _time.TimerSetAsync(ModelLoop.LoadAgainAfter);
            (loop.Status.Phase, loop.Status.Error, attempts).ShouldBe((ModelPhase.Failed, "the network is down", attempt));
            _capacity.Slots.ShouldBe(0);
            loop.Ready.IsCompleted.ShouldBeFalse();
            _time.Advance(ModelLoop.LoadAgainAfter);
        }

        await loop.Ready.WaitAsync(TimeSpan.FromSeconds(20));
        (loop.Status.Phase, loop.Status.Error).ShouldBe((ModelPhase.Ready, null));
        (_capacity.Slots, _capacity.Languages).ShouldBe((3, NoModel.Known));
    }

    [Fact]
    public async Task A_loop_that_waits_to_load_again_ends_when_it_is_to()
    {
        var loop = Loop(() => throw new IOException("the disk is full"));
        loop.Start();
        await _time.TimerSetAsync(ModelLoop.LoadAgainAfter);

        loop.Abort();

        await loop.Ended.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public static TheoryData<Exception> Hopeless { get; } =
    [
        new FileNotFoundException("no such name"),
        new ModelFileException("model.bin", "it is none."),
        new ModelDownloadException("404") { IsMissing = true },
        new UnauthorizedAccessException("not yours"),
    ];

    [Theory]
    [MemberData(nameof(Hopeless))]
    public async Task A_model_that_can_never_be_loaded_is_not_tried_again(Exception reason)
    {
        var loop = Loop(() => throw reason);
        loop.Start();

        (await Should.ThrowAsync<Exception>(() => loop.Ready.WaitAsync(TimeSpan.FromSeconds(20)))).ShouldBe(reason);
        loop.Status.Phase.ShouldBe(ModelPhase.Failed);
    }

    private ModelLoop Loop(Func<IBatchedModel> load)
    {
        var settings = new WorkerSettings { WorkerId = "w1", Model = "none", ModelSetting = "MODEL_SIZE" };
        return new ModelLoop(
            new ModelQueue(settings, _capacity, _time), new Outcomes(), (_, _) => load(), _capacity, _time, NullLogger<ModelLoop>.Instance);
    }

    private sealed class NoModel : IBatchedModel
    {
        public static readonly string[] Known = ["en", "fr"];

        public string Device => "none";

        public int Slots => 3;

        public IReadOnlyList<string> Languages => Known;

        public void Admit(ModelJob job)
        {
        }

        public void Step(ICollection<Finished> finished)
        {
        }

        public void Abandon(ModelJob job)
        {
        }

        public void Reset()
        {
        }

        public void Dispose()
        {
        }
    }
}
