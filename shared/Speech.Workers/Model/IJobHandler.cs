using Speech.Contracts;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Redis;
using Speech.Workers.Jobs;
using StackExchange.Redis;

namespace Speech.Workers.Model;

/// <summary>What one kind of worker does with its jobs; everything else is the same for all kinds.</summary>
public interface IJobHandler
{
    /// <summary>The job that an entry holds.</summary>
    /// <exception cref="MalformedMessageException">It holds none.</exception>
    ModelJob Read(JobDelivery delivery);

    /// <summary>Tells Redis what the model has made of a job.</summary>
    /// <returns>Whether this result counts: it is the job's first, and has gone out.</returns>
    Task<bool> FinishAsync(Finished outcome, CancellationToken cancellationToken);

    /// <summary>
    /// What a client is told when a job is given up, in place of the result; null when the entry does not say enough for that.
    /// </summary>
    (string ClientId, Failed Failure)? FailureOf(StreamEntry fields, string code, string message);
}
