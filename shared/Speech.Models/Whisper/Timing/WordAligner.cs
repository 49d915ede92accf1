using System.Numerics.Tensors;
using Speech.Models.Transformer;

namespace Speech.Models.Whisper.Timing;

/// <summary>
/// Finds when words are said: the text is given to the decoder once more, the attention of the alignment heads over the audio is sharpened
/// and averaged, and dynamic time warping lays the tokens along it.
/// </summary>
/// <remarks>Source: openai/whisper, <c>timing.py</c>, find_alignment.</remarks>
internal sealed class WordAligner(WhisperModel model)
{
    private const int MedianWidth = 7;
    private const double SecondsPerPosition = 0.02;
    private readonly IReadOnlyList<(int Layer, int Head)> _heads = AlignmentHeads.Of(model.HyperParameters);

    /// <param name="audio">The window's.</param>
    /// <param name="state">Free to be overwritten.</param>
    /// <param name="start">&lt;|startoftranscript|&gt; and, in multilingual models, language and task.</param>
    /// <param name="text">Text tokens only.</param>
    /// <param name="frames">Of sound in the window, 10 ms each.</param>
    /// <param name="language">The text's.</param>
    public List<WordTiming> Align(
        EncoderMemory audio, DecoderState state, IReadOnlyList<int> start, IReadOnlyList<int> text, int frames, string language)
    {
        if (text.Count == 0)
            return [];

        var tokenizer = model.Tokenizer;
        int[] tokens = [.. start, tokenizer.NoTimestamps, .. text, tokenizer.EndOfText];
        var positions = Math.Clamp(frames / 2, 1, audio.Positions);
        using var scores = new AlignmentScores(_heads, tokens.Length, audio.Positions);
        var probabilities = Forward(audio, state, tokens, start.Count, scores);
        var cost = Cost(scores, tokens.Length, positions, start.Count);

        // Row r of the cost belongs to text token r, which was predicted there; the last row to the end of the text.
        var first = DynamicTimeWarping.FirstPositions(cost, text.Count + 1, positions);
        var words = new List<WordTiming>();
        var token = 0;
        foreach (var (word, wordTokens) in WordSplitter.Split(tokenizer, text, language))
        {
            var end = token + wordTokens.Count;
            words.Add(new WordTiming(
                word, wordTokens, first[token] * SecondsPerPosition, first[end] * SecondsPerPosition, probabilities[token..end].Average()));
            token = end;
        }

        return words;
    }

    /// <summary>Runs the tokens through the decoder and returns the probability of each text token.</summary>
    private float[] Forward(EncoderMemory audio, DecoderState state, int[] tokens, int startCount, AlignmentScores scores)
    {
        state.Clear();
        var endOfText = model.Tokenizer.EndOfText;
        var probabilities = new float[tokens.Length - startCount - 2];
        for (var done = 0; done < tokens.Length;)
        {
            var count = Math.Min(model.MaximumRows, tokens.Length - done);
            var rows = new DecoderRow[count];
            for (var i = 0; i < count; i++)
                rows[i] = new DecoderRow(
                    audio, state, tokens[done + i], WantLogits: done + i >= startCount && done + i < tokens.Length - 2);
            var logits = model.Decode(rows, scores);
            for (int i = 0, row = 0; i < count; i++)
            {
                if (!rows[i].WantLogits)
                    continue;
                var text = logits.Row(row++)[..endOfText];
                probabilities[done + i - startCount] = MathF.Exp(text[tokens[done + i + 1]] - model.Device.LogSumExp(text));
            }

            done += count;
        }

        return probabilities;
    }

    /// <summary>
    /// Minus the heads' mean attention, [text tokens + 1, positions], after softmax, normalisation over the tokens and a median filter over
    /// time.
    /// </summary>
    private static float[] Cost(AlignmentScores scores, int tokens, int positions, int startCount)
    {
        var rows = tokens - startCount - 1;
        var cost = new float[rows * positions];
        var weights = new float[tokens * positions];
        var filtered = new float[positions];
        for (var head = 0; head < scores.Heads; head++)
        {
            for (var token = 0; token < tokens; token++)
                TensorPrimitives.SoftMax(scores.Row(head, token)[..positions], weights.AsSpan(token * positions, positions));
            NormaliseOverTokens(weights, tokens, positions);
            for (var row = 0; row < rows; row++)
            {
                MedianFilter(weights.AsSpan((startCount + row) * positions, positions), filtered);
                var target = cost.AsSpan(row * positions, positions);
                TensorPrimitives.Subtract(target, filtered, target);
            }
        }

        TensorPrimitives.Divide(cost, scores.Heads, cost);
        return cost;
    }

    private static void NormaliseOverTokens(float[] weights, int tokens, int positions)
    {
        for (var position = 0; position < positions; position++)
        {
            double sum = 0, squares = 0;
            for (var token = 0; token < tokens; token++)
                sum += weights[(token * positions) + position];
            var mean = sum / tokens;
            for (var token = 0; token < tokens; token++)
                squares += Math.Pow(weights[(token * positions) + position] - mean, 2);
            var deviation = Math.Max(1e-10, Math.Sqrt(squares / tokens));
            for (var token = 0; token < tokens; token++)
                weights[(token * positions) + position] = (float)((weights[(token * positions) + position] - mean) / deviation);
        }
    }

    /// <summary>With the ends reflected.</summary>
    private static void MedianFilter(ReadOnlySpan<float> source, Span<float> destination)
    {
        const int Half = MedianWidth / 2;
        if (source.Length <= Half)
        {
            source.CopyTo(destination);
            return;
        }

        Span<float> window = stackalloc float[MedianWidth];
        for (var i = 0; i < source.Length; i++)
        {
            for (var k = -Half; k <= Half; k++)
            {
                var at = Math.Abs(i + k);
                window[k + Half] = source[at < source.Length ? at : (2 * (source.Length - 1)) - at];
            }

            window.Sort();
            destination[i] = window[Half];
        }
    }
}
