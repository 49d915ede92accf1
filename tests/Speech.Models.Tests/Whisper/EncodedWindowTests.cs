using Speech.Models.Transformer;
using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

[Collection(nameof(NanoModel))]
public class EncodedWindowTests(NanoModel nano)
{
    // Shorter and longer than the encoder's chunks of 384 positions, and some that share one.
    private static readonly int[] Contexts = [100, 250, 33, 400, 64, 500];

    [Fact]
    public void Windows_encoded_in_one_pass_are_those_encoded_alone_bit_by_bit()
    {
        var windows = Windows();
        var together = nano.Model.Encode(windows);
        together.Rows.ShouldBe(Contexts.Sum());
        var features = Enumerable.Range(0, together.Rows).Select(row => together.Row(row).ToArray()).ToArray();

        var first = 0;
        foreach (var window in windows)
        {
            var alone = nano.Model.Encode([window]);
            for (var row = 0; row < alone.Rows; row++)
                alone.Row(row).SequenceEqual(features[first + row]).ShouldBeTrue($"row {row} of a window of {window.Context}");
            first += window.Context;
        }
    }

    [Fact]
    public void What_the_decoder_reads_of_windows_does_not_depend_on_how_they_were_encoded()
    {
        var windows = Windows();
        var together = windows.Select(_ => nano.Model.NewEncoderMemory()).ToArray();
        var alone = windows.Select(_ => nano.Model.NewEncoderMemory()).ToArray();
        nano.Model.Encode(windows, together);
        for (var i = 0; i < windows.Length; i++)
            nano.Model.Encode([windows[i]], [alone[i]]);

        for (var i = 0; i < windows.Length; i++)
        {
            together[i].Positions.ShouldBe(Contexts[i]);
            Logits(together[i]).ShouldBe(Logits(alone[i]));
        }

        foreach (var memory in together.Concat(alone))
            memory.Dispose();
    }

    private AudioWindow[] Windows()
    {
        var samples = Recordings.All.Single(recording => recording.Id == "cen5-fjlp-b").Samples;
        var mel = new float[nano.Model.MelLength(samples.Length)];
        nano.Model.LogMel(samples, mel);
        return [.. Contexts.Select((context, i) => new AudioWindow(mel, 10 * i, context))];
    }

    private float[] Logits(EncoderMemory memory)
    {
        using var state = nano.Model.NewDecoderState();
        return nano.Model.Decode([new DecoderRow(memory, state, nano.Model.Tokenizer.StartOfTranscript, WantLogits: true)]).Row(0)
            .ToArray();
    }
}
