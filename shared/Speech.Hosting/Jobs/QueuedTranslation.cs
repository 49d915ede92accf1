namespace Speech.Hosting;

/// <summary>A translation to be queued with the release of a transcript.</summary>
/// <param name="Language">As the client asked for it.</param>
/// <param name="Job">The entry's field "job", in MessagePack.</param>
public readonly record struct QueuedTranslation(string Language, ReadOnlyMemory<byte> Job);
