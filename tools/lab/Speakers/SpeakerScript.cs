using Speech.Audio;

namespace Speech.Lab.Speakers;

/// <summary>
/// What one simulated speaker says: utterances one after the other as one stream of audio, with pauses of faint room noise between them
/// and at both ends, so that the server must find by itself where speech begins and ends.
/// </summary>
internal sealed record SpeakerScript(string Name, float[] Samples, IReadOnlyList<PlacedUtterance> Utterances)
{
    /// <summary>Longer than the silence that ends a segment, even where it is set to 0.9 s.</summary>
    public const double PauseSeconds = 1.0;

    /// <summary>About -66 dB: a quiet room, where digital silence would be a hint that real microphones do not give.</summary>
    private const float NoiseLevel = 0.0005f;

    public double Seconds => Samples.Length / (double)AudioRate.Model;

    /// <summary>All that is said, in order.</summary>
    public string Text => string.Join(' ', Utterances.Select(placed => placed.Utterance.Text));

    /// <summary>Joins utterances.</summary>
    /// <param name="seed">Of the noise, so that every run sends the same.</param>
    public static SpeakerScript Join(string name, IEnumerable<Utterance> utterances, int seed)
    {
        var random = new Random(seed);
        var samples = new List<float>();
        var placed = new List<PlacedUtterance>();
        AddPause();
        foreach (var utterance in utterances)
        {
            var start = samples.Count / (double)AudioRate.Model;
            samples.AddRange(utterance.Samples);
            placed.Add(new PlacedUtterance(utterance, start, samples.Count / (double)AudioRate.Model));
            AddPause();
        }

        return new SpeakerScript(name, [.. samples], placed);

        void AddPause()
        {
            for (var i = 0; i < PauseSeconds * AudioRate.Model; i++)
                samples.Add(NoiseLevel * (2 * random.NextSingle() - 1));
        }
    }

    /// <summary>
    /// Shares all utterances out over some speakers who then talk for about as long: each person's utterances stay together, unless there
    /// are more speakers than persons.
    /// </summary>
    public static IReadOnlyList<SpeakerScript> ShareOut(IReadOnlyList<Utterance> utterances, int speakers)
    {
        var parts = utterances.GroupBy(utterance => utterance.Person).Select(group => group.ToArray()).ToList();
        while (parts.Count < speakers && parts.Where(part => part.Length > 1).MaxBy(Length) is { } longest)
        {
            parts.Remove(longest);
            parts.Add(longest[..(longest.Length / 2)]);
            parts.Add(longest[(longest.Length / 2)..]);
        }

        // The longest part first, always to whoever has least to say.
        var shares = Enumerable.Range(0, Math.Min(speakers, parts.Count)).Select(_ => new List<Utterance>()).ToArray();
        foreach (var part in parts.OrderByDescending(Length))
            shares.MinBy(Length)!.AddRange(part);
        return [.. shares.Select((share, index) => Join($"{index + 1}", share, seed: index))];

        static double Length(IReadOnlyCollection<Utterance> part) =>
            part.Sum(utterance => utterance.Samples.Length / (double)AudioRate.Model + PauseSeconds);
    }

    /// <summary>
    /// Speakers who each talk for at least <paramref name="seconds"/>, going round all utterances from different ones on.
    /// </summary>
    public static IReadOnlyList<SpeakerScript> GoRound(IReadOnlyList<Utterance> utterances, int speakers, double seconds) =>
        [.. Enumerable.Range(0, speakers).Select(index =>
        {
            var said = new List<Utterance>();
            var next = index * utterances.Count / speakers;
            for (var length = PauseSeconds; length < seconds; next++)
            {
                var utterance = utterances[next % utterances.Count];
                said.Add(utterance);
                length += utterance.Samples.Length / (double)AudioRate.Model + PauseSeconds;
            }

            return Join($"{index + 1}", said, seed: index);
        })];
}
