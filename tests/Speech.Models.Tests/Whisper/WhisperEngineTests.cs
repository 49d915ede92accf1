using Speech.Models.Whisper;
using Speech.Tensors.Cpu;

namespace Speech.Models.Tests.Whisper;

[Collection(nameof(NanoModel))]
public class WhisperEngineTests(NanoModel nano)
{
    [Fact]
    public void A_result_does_not_depend_on_who_shares_the_batch()
    {
        var requests = Recordings.All.Where(recording => recording.Set == "an4").Take(12)
            .Select(recording => new TranscriptionRequest(recording.Samples)).ToArray();
        var alone = requests.Select(request => nano.Engine.Transcribe([request])[0]).ToArray();
        foreach (var sequences in (int[])[2, 5, 16])
        {
            using var engine = new WhisperEngine(nano.Model, sequences);
            foreach (var (ours, expected) in engine.Transcribe(requests).Zip(alone))
            {
                ours.Tokens.ShouldBe(expected.Tokens);
                ours.LogProbabilities.ShouldBe(expected.LogProbabilities);
                ours.NoSpeechProbability.ShouldBe(expected.NoSpeechProbability);
            }
        }
    }

    [Fact]
    public void A_request_joins_a_running_batch_and_leaves_before_longer_ones()
    {
        var finished = new List<(TranscriptionRequest Request, Transcription Transcription)>();
        var longer = new TranscriptionRequest(Find("cen5-fjlp-b"));
        var shorter = new TranscriptionRequest(Find("an442-mmxg-b"));
        using var engine = new WhisperEngine(nano.Model, sequences: 2);

        engine.Admit(longer);
        engine.Step(finished);
        engine.Step(finished);
        engine.Admit(shorter);
        while (finished.Count == 0)
            engine.Step(finished);

        finished.ShouldHaveSingleItem().Request.ShouldBeSameAs(shorter);
        engine.Active.ShouldBe(1);
        while (engine.Active > 0)
            engine.Step(finished);
        finished[1].Transcription.Text.Trim().ShouldNotBeEmpty();
    }

    [Fact]
    public void A_step_allocates_nothing_but_the_room_for_its_tokens()
    {
        using var engine = new WhisperEngine(nano.Model, sequences: 4);
        var finished = new List<(TranscriptionRequest Request, Transcription Transcription)>();
        foreach (var recording in Recordings.All.Where(recording => recording.Id is "cen5-fjlp-b" or "an405-mdms2-b" or "cen4-mdms2-b"))
            engine.Admit(new TranscriptionRequest(recording.Samples));
        engine.Step(finished);
        engine.Step(finished);

        var allocated = Allocation.Of(() => engine.Step(finished));

        finished.ShouldBeEmpty();
        allocated.ShouldBe(0, "but for the lists, which grow by doubling, now and then");
    }

    [Fact]
    public void Without_a_free_slot_a_request_is_refused_and_nothing_is_lost()
    {
        using var engine = new WhisperEngine(nano.Model, sequences: 1);
        var first = new TranscriptionRequest(Find("an442-mmxg-b"));
        engine.Admit(first);
        Should.Throw<InvalidOperationException>(() => engine.Admit(new TranscriptionRequest(new float[16000])));
        var finished = new List<(TranscriptionRequest Request, Transcription Transcription)>();
        while (engine.Active > 0)
            engine.Step(finished);
        finished.ShouldHaveSingleItem().Request.ShouldBeSameAs(first);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16000)]
    [InlineData(480000)]
    public void Silence_of_any_length_gives_no_visible_text(int samples)
    {
        var transcription = nano.Engine.Transcribe([new TranscriptionRequest(new float[samples])])[0];
        transcription.Text.Trim().ShouldBeEmpty();
        transcription.NoSpeechProbability.ShouldBeGreaterThan(0.5f);
    }

    [Theory]
    [InlineData(SimdLevel.Avx2)]
    [InlineData(SimdLevel.Portable128)]
    public void Narrower_vectors_give_the_same_tokens(SimdLevel level)
    {
        if (level > CpuDevice.Best)
            return;
        using var device = new CpuDevice(threads: 2, level);
        using var model = WhisperModel.Load(Checkout.Path("shared/models/nano.en/ggml-nano.en.bin"), device, trainedForShortContext: true);
        using var engine = new WhisperEngine(model);
        var requests = Recordings.All.Take(20).Select(recording => new TranscriptionRequest(recording.Samples)).ToArray();

        var tokens = engine.Transcribe(requests).Select(transcription => transcription.Tokens);

        tokens.ShouldBe(nano.Engine.Transcribe(requests).Select(transcription => transcription.Tokens));
    }

    private static float[] Find(string id) => Recordings.All.Single(recording => recording.Id == id).Samples;
}
