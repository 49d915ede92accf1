using Speech.Models.Whisper;

namespace Speech.Models.Tests.Whisper;

[Collection(nameof(NanoModel))]
public class LongRecordingTests(NanoModel nano)
{
    private static readonly DecodingOptions Options = new() { Timestamps = true };

    /// <summary>Quiet at first and loudest near the end, so that a window's own loudest value is not the recording's.</summary>
    private static readonly float[] Speech = [.. Recordings.All.Take(40).SelectMany((recording, i) => recording.Samples.Select(sample => sample * (1 + i) / 40))];

    [Fact]
    public void Reading_as_it_goes_gives_what_the_samples_in_memory_give()
    {
        Speech.Length.ShouldBeGreaterThan(3 * WhisperModel.WindowSamples);
        var progress = new Reports();
        var whole = nano.Engine.Transcribe([new TranscriptionRequest(Speech) { Options = Options }])[0];
        var streamed = nano.Engine.Transcribe([new TranscriptionRequest(Measure(Speech)) { Options = Options, Progress = progress }])[0];

        streamed.Tokens.ShouldBe(whole.Tokens);
        streamed.LogProbabilities.ShouldBe(whole.LogProbabilities);
        streamed.Text.ShouldBe(whole.Text);
        string.Concat(progress.All.SelectMany(report => report.Segments).Select(segment => segment.Text)).ShouldBe(whole.Text);
        progress.All.Select(report => report.Seconds).ShouldBeInOrder();
        progress.All[^1].Seconds.ShouldBe(Speech.Length / 16000.0, 0.01);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(161 * 160)]
    [InlineData(480_000)]
    [InlineData(480_000 + 199)]
    [InlineData(900_001)]
    public void Every_window_is_the_whole_spectrograms_bit_by_bit(int length)
    {
        var samples = Speech.AsSpan(0, length).ToArray();
        using var whole = new WholeSpectrogram(nano.Model, samples);
        using ISpectrogram streamed = Measure(samples);
        streamed.SampleCount.ShouldBe(length);
        foreach (var first in (int[])[0, 1, 2, 3, 700, 2999, 3000, 4321, 5600])
        {
            if (first > 0 && first >= length / 160)
                continue;
            foreach (var context in (int[])[100, 1500])
            {
                var expected = nano.Model.Encode([whole.Window(first, context)]);
                var rows = Enumerable.Range(0, expected.Rows).Select(row => expected.Row(row).ToArray()).ToArray();
                var actual = nano.Model.Encode([streamed.Window(first, context)]);
                for (var row = 0; row < rows.Length; row++)
                    actual.Row(row).SequenceEqual(rows[row]).ShouldBeTrue($"position {row} of the window at {first}");
            }
        }
    }

    private LongRecording Measure(float[] samples) => LongRecording.Measure(nano.Model, () => new Pieces(samples));

    private sealed class Reports : IProgress<TranscriptionProgress>
    {
        public List<TranscriptionProgress> All { get; } = [];

        public void Report(TranscriptionProgress value) => All.Add(value);
    }

    /// <summary>Gives less than is asked for, as files do.</summary>
    private sealed class Pieces(float[] samples) : ISampleReader
    {
        private int _read;

        public int Read(Span<float> target)
        {
            var count = Math.Min(Math.Min(target.Length, samples.Length - _read), 1000 + (_read % 777));
            samples.AsSpan(_read, count).CopyTo(target);
            _read += count;
            return count;
        }

        public void Dispose()
        {
        }
    }
}
