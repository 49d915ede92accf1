using Prometheus;

namespace Speech.Hosting.Metrics;

/// <summary>
/// How the process and its runtime are doing: OpenTelemetry's figures of .NET (those of the meter System.Runtime), by the names that they
/// have in Prometheus.
/// </summary>
internal static class RuntimeFigures
{
    private const string Generation = "gc_heap_generation";

    /// <summary>In the order of <see cref="GCMemoryInfo.GenerationInfo"/>.</summary>
    private static readonly string[] Generations = ["gen0", "gen1", "gen2", "loh", "poh"];

    public static void AddTo(Instruments instruments)
    {
        AddProcess(instruments);
        AddHeap(instruments);
        AddLastCollection(instruments);
        AddCompiler(instruments);
        AddThreads(instruments);
        instruments.ObserveGauge(
            "dotnet_assembly_count", "The number of .NET assemblies that are currently loaded.", () =>
                AppDomain.CurrentDomain.GetAssemblies().Length);
    }

    private static void AddProcess(Instruments instruments)
    {
        var cpuTime = instruments.Create.CreateCounter(
            "dotnet_process_cpu_time_seconds_total", "CPU time used by the process.", ["cpu_mode"]);
        instruments.Observe(() =>
        {
            var used = Environment.CpuUsage;
            cpuTime.WithLabels("user").IncTo(used.UserTime.TotalSeconds);
            cpuTime.WithLabels("system").IncTo(used.PrivilegedTime.TotalSeconds);
        });
        instruments.ObserveGauge(
            "dotnet_process_memory_working_set_bytes", "The number of bytes of physical memory mapped to the process context.", () =>
                Environment.WorkingSet);
        instruments.ObserveGauge(
            "dotnet_process_cpu_count", "The number of processors available to the process.", () => Environment.ProcessorCount);
    }

    private static void AddHeap(Instruments instruments)
    {
        instruments.ObserveCounter(
            "dotnet_gc_heap_total_allocated_bytes_total",
            "The approximate number of bytes allocated on the managed GC heap since the process has started. "
                + "The returned value does not include any native allocations.",
            () => GC.GetTotalAllocatedBytes());
        instruments.ObserveCounter(
            "dotnet_gc_pause_time_seconds_total", "The total amount of time paused in GC since the process has started.",
            () => GC.GetTotalPauseDuration().TotalSeconds);
        var collections = instruments.Create.CreateCounter(
            "dotnet_gc_collections_total", "The number of garbage collections that have occurred since the process has started.",
            [Generation]);
        instruments.Observe(() =>
        {
            // A collection of a generation is one of the younger ones, too, and is counted once.
            var older = 0;
            for (var generation = GC.MaxGeneration; generation >= 0; generation--)
            {
                var all = GC.CollectionCount(generation);
                collections.WithLabels(Generations[generation]).IncTo(all - older);
                older = all;
            }
        });
    }

    private static void AddLastCollection(Instruments instruments)
    {
        var committed = instruments.Create.CreateGauge(
            "dotnet_gc_last_collection_memory_committed_size_bytes",
            "The amount of committed virtual memory in use by the .NET GC, as observed during the latest garbage collection.",
            new GaugeConfiguration { SuppressInitialValue = true });
        var size = instruments.Create.CreateGauge(
            "dotnet_gc_last_collection_heap_size_bytes",
            "The managed GC heap size (including fragmentation), as observed during the latest garbage collection.",
            [Generation]);
        var fragmentation = instruments.Create.CreateGauge(
            "dotnet_gc_last_collection_heap_fragmentation_size_bytes",
            "The heap fragmentation, as observed during the latest garbage collection.",
            [Generation]);
        instruments.Observe(() =>
        {
            var last = GC.GetGCMemoryInfo();
            if (last.Index == 0)
                return; // there has been none
            committed.Set(last.TotalCommittedBytes);
            for (var generation = 0; generation < Generations.Length; generation++)
            {
                size.WithLabels(Generations[generation]).Set(last.GenerationInfo[generation].SizeAfterBytes);
                fragmentation.WithLabels(Generations[generation]).Set(last.GenerationInfo[generation].FragmentationAfterBytes);
            }
        });
    }

    private static void AddCompiler(Instruments instruments)
    {
        instruments.ObserveCounter(
            "dotnet_jit_compiled_il_size_bytes_total",
            "Count of bytes of intermediate language that have been compiled since the process has started.",
            () => System.Runtime.JitInfo.GetCompiledILBytes());
        instruments.ObserveCounter(
            "dotnet_jit_compiled_methods_total",
            "The number of times the JIT compiler (re)compiled methods since the process has started.",
            () => System.Runtime.JitInfo.GetCompiledMethodCount());
        instruments.ObserveCounter(
            "dotnet_jit_compilation_time_seconds_total",
            "The amount of time the JIT compiler has spent compiling methods since the process has started.",
            () => System.Runtime.JitInfo.GetCompilationTime().TotalSeconds);
    }

    private static void AddThreads(Instruments instruments)
    {
        instruments.ObserveCounter(
            "dotnet_monitor_lock_contentions_total",
            "The number of times there was contention when trying to acquire a monitor lock since the process has started.",
            () => Monitor.LockContentionCount);
        instruments.ObserveCounter(
            "dotnet_thread_pool_work_item_count_total",
            "The number of work items that the thread pool has completed since the process has started.",
            () => ThreadPool.CompletedWorkItemCount);
        // The runtime's meter has both for counters, which what comes and goes is not.
        instruments.ObserveGauge(
            "dotnet_thread_pool_threads", "The number of thread pool threads that currently exist.", () => ThreadPool.ThreadCount);
        instruments.ObserveGauge(
            "dotnet_thread_pool_queue_length",
            "The number of work items that are currently queued to be processed by the thread pool.",
            () => ThreadPool.PendingWorkItemCount);
        instruments.ObserveGauge(
            "dotnet_timer_count",
            "The number of timer instances that are currently active. "
                + "An active timer is registered to tick at some point in the future and has not yet been canceled.",
            () => Timer.ActiveCount);
    }
}
