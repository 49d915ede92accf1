using System.Runtime.InteropServices;

namespace Speech.Audio;

/// <summary>An object of a native library, which is installed (see <see cref="AudioLibraries"/>).</summary>
internal abstract class NativeHandle : SafeHandle
{
    protected NativeHandle(nint created) : base(0, ownsHandle: true) => SetHandle(created);

    public override bool IsInvalid => handle == 0;
}
