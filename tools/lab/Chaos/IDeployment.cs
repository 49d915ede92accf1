using Speech.Lab.Fleet;

namespace Speech.Lab.Chaos;

/// <summary>A running Speech, and the harm that can be done to it from here.</summary>
internal interface IDeployment : IAsyncDisposable
{
    const string Redis = "redis";

    /// <summary>Where clients connect.</summary>
    IReadOnlyList<Uri> Gateways { get; }

    /// <summary>
    /// What can be killed, stopped and frozen, such as "gateway-1"; with <see cref="Redis"/> among them, that can be told things, too.
    /// </summary>
    IReadOnlyList<string> Parts { get; }

    /// <summary>Whether there is somebody to translate.</summary>
    bool Translates { get; }

    /// <summary>How long it waits for a client that was cut off in mid-speech (RESUME_SECONDS).</summary>
    TimeSpan ResumePatience { get; }

    /// <summary>For who wants to know why it did not go well.</summary>
    string WhereToLook { get; }

    /// <summary>Whether a part runs; one that is on its way down or up does not.</summary>
    Task<bool> IsUpAsync(string part, CancellationToken cancellationToken);

    /// <summary>Does this to a part. It is not cancelled half-way: what has been stopped is to be started again.</summary>
    Task SignalAsync(Signal signal, string part);

    /// <summary>Sends Redis a command; when Redis is away or stands still it does not hear it, which is no matter.</summary>
    Task TellRedisAsync(params string[] command);

    /// <summary>What is left on the queues, of segments and of translations together; null while that cannot be asked.</summary>
    Task<QueueState?> QueueAsync(CancellationToken cancellationToken);

    /// <summary>Stops what was started for this run.</summary>
    /// <returns>What is not as it should be at the end; null if all is.</returns>
    Task<string?> EndAsync(CancellationToken cancellationToken);
}

/// <summary>What can be done to a part. Whoever keeps it running starts it again when it has ended.</summary>
internal enum Signal
{
    Kill,
    Terminate,
    Freeze,
    Thaw,
}
