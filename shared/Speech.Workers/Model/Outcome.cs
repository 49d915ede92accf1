using Speech.Workers.Jobs;

namespace Speech.Workers.Model;

/// <summary>How a job came out; what is left to do is to say so in Redis, which is <see cref="JobFinisher"/>'s part.</summary>
public abstract record Outcome;

/// <summary>The model has done it. Each kind of worker adds what its model makes.</summary>
public abstract record Finished(ModelJob Job) : Outcome;

/// <summary>The model failed on this job, and on this job alone.</summary>
internal sealed record ModelFailed(ModelJob Job, Exception Error) : Outcome;

/// <summary>This worker's model does not serve the job's languages.</summary>
internal sealed record Unserved(ModelJob Job) : Outcome;

/// <summary>There is no point in giving the job to the model.</summary>
/// <param name="Code">For programs, as in <see cref="Speech.Contracts.Server.Failed"/>.</param>
internal sealed record GivenUp(JobDelivery Delivery, string Code, string Message) : Outcome;
