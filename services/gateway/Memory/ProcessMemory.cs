using System.Runtime;
using System.Runtime.InteropServices;

namespace Speech.Gateway.Memory;

/// <summary>The runtime keeps what it once needed, for it may need it again; glibc keeps what native libraries have freed. Both can be told.</summary>
internal sealed partial class ProcessMemory : IProcessMemory
{
    public long ResidentBytes => Environment.WorkingSet;

    public void GiveBack()
    {
        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNativeHeap();
    }

    private static void TrimNativeHeap()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, which need not be told.
        }
        catch (DllNotFoundException)
        {
            // Likewise.
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
