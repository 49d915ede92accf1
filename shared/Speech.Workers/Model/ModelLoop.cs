using Microsoft.Extensions.Logging;
using Speech.Catalog;
using Speech.Tensors;
using Speech.Workers.Jobs;

namespace Speech.Workers.Model;

/// <summary>
/// The one thread that owns the model: it loads it, and then takes jobs in between the steps of those that run, so that a job never
/// waits for a batch to end (continuous batching). A step that throws cannot say which of its jobs was to blame: each is then done
/// once more, alone, and whichever fails alone is reported as failed.
/// </summary>
internal sealed partial class ModelLoop(
    ModelQueue queue, Outcomes outcomes, LoadModel load, WorkerCapacity capacity, TimeProvider time, ILogger<ModelLoop> logger)
{
    /// <summary>How long after a failure that may mend itself, such as of the network, it is loaded again.</summary>
    public static readonly TimeSpan LoadAgainAfter = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _aborted = new();
    private readonly List<ModelJob> _active = [];
    private readonly Queue<ModelJob> _suspects = [];
    private readonly List<Finished> _finished = [];
    private volatile ModelStatus _status = new(ModelPhase.Loading);

    public ModelStatus Status => _status;

    /// <summary>Completes when jobs can be taken; faulted when the model is none that can ever be loaded.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the thread has ended: after the queue was closed and the running jobs are done, or after a fault.</summary>
    public Task Ended => _ended.Task;

    public void Start() => new Thread(Run) { IsBackground = true, Name = "model" }.Start();

    /// <summary>Ends the loop after the step that runs; its jobs stay undone.</summary>
    public void Abort() => _aborted.TrySetResult();

    private bool IsAborted => _aborted.Task.IsCompleted;

    private void Run()
    {
        try
        {
            using var model = Load();
            while (model is not null && !IsAborted && (_active.Count + _suspects.Count > 0 || queue.WaitForJob()))
            {
                AdmitWaiting(model);
                Step(model);
            }

            _ended.SetResult();
        }
        catch (Exception exception)
        {
            if (Ready.IsCompleted)
                Log.Failed(logger, exception);
            Fail(exception);
            _ready.TrySetException(exception);
            _ended.SetException(exception);
        }
    }

    /// <returns>Null when the loop was to end before it could be loaded.</returns>
    private IBatchedModel? Load()
    {
        while (true)
        {
            try
            {
                return LoadOnce();
            }
            catch (Exception exception) when (!IsOfSettings(exception))
            {
                Log.CannotLoad(logger, (int)LoadAgainAfter.TotalSeconds, exception);
                Fail(exception);
            }

            if (IsAbortedWithin(LoadAgainAfter))
                return null;
            _status = new ModelStatus(ModelPhase.Loading);
        }
    }

    private IBatchedModel LoadOnce()
    {
        var begun = time.GetTimestamp();
        var download = new DownloadReporter(progress => _status = _status with { Download = progress }, time, logger);
        var model = load(download, path => _status = _status with { Path = path, Download = null });
        var loadTime = time.GetElapsedTime(begun);
        capacity.Open(model.Slots, model.Languages);
        _status = _status with { Phase = ModelPhase.Ready, Device = model.Device, LoadTime = loadTime };
        Log.Ready(logger, _status.Path, model.Device, model.Slots, (long)loadTime.TotalMilliseconds);
        _ready.SetResult();
        return model;
    }

    private bool IsAbortedWithin(TimeSpan pause)
    {
        try
        {
            _aborted.Task.WaitAsync(pause, time).GetAwaiter().GetResult();
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Whether trying again is of no use: there is no such model, it may not be read or kept, or it is none.</summary>
    private static bool IsOfSettings(Exception exception) => exception
        is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or ModelFileException or ModelDownloadException { IsMissing: true };

    private void Fail(Exception exception) =>
        _status = _status with { Phase = ModelPhase.Failed, Download = null, Error = exception.Message };

    private void AdmitWaiting(IBatchedModel model)
    {
        if (_suspects.Count > 0)
        {
            if (_active.Count == 0)
                Admit(model, _suspects.Dequeue());
            return;
        }

        while (_active.Count < model.Slots || MakeRoom(model))
        {
            if (queue.Take(_active) is not { } job)
                return;
            Admit(model, job);
        }
    }

    /// <summary>A job whose result must come goes before the latest of those that may be dropped, even one that is half done.</summary>
    private bool MakeRoom(IBatchedModel model)
    {
        if (queue.HeldWaiting == 0 || _active.FindLast(job => job.Delivery is null) is not { } droppable)
            return false;
        model.Abandon(droppable);
        _active.Remove(droppable);
        queue.Leave(droppable, isDone: false);
        return true;
    }

    private void Admit(IBatchedModel model, ModelJob job)
    {
        try
        {
            model.Admit(job);
            _active.Add(job);
        }
        catch (JobRefusedException refusal) when (job.Delivery is { } delivery)
        {
            outcomes.Post(new GivenUp(delivery, refusal.Code, refusal.Message));
        }
        catch (Exception exception)
        {
            outcomes.Post(new ModelFailed(job, exception));
        }
    }

    private void Step(IBatchedModel model)
    {
        if (_active.Count == 0)
            return;
        Exception? error = null;
        try
        {
            model.Step(_finished);
        }
        catch (Exception exception)
        {
            error = exception;
        }

        foreach (var finished in _finished)
        {
            _active.Remove(finished.Job);
            outcomes.Post(finished);
        }

        _finished.Clear();
        if (error is not null)
            Isolate(model, error);
    }

    private void Isolate(IBatchedModel model, Exception error)
    {
        Log.StepFailed(logger, _active.Count, error);
        model.Reset();
        if (_active.Count == 1)
            outcomes.Post(new ModelFailed(_active[0], error));
        else
            _active.ForEach(_suspects.Enqueue);
        _active.Clear();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The model {Path} is ready on {Device} with {Slots} slots after {Milliseconds} ms")]
        public static partial void Ready(ILogger logger, string? path, string device, int slots, long milliseconds);

        [LoggerMessage(2, LogLevel.Critical, "The model cannot be used any more")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(4, LogLevel.Error, "The model cannot be loaded, and will be tried again after {Seconds} s")]
        public static partial void CannotLoad(ILogger logger, int seconds, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "A step over {Jobs} jobs failed; each is done once more, alone, unless it was")]
        public static partial void StepFailed(ILogger logger, int jobs, Exception exception);
    }
}
