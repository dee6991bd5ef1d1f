// On Windows the addon imports Node-API from "node.exe"; under Electron or a renamed Node that is another file. The
// linker loads it late (/DELAYLOAD:node.exe) and this hook answers with the program that is running.
#if defined(_MSC_VER)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <delayimp.h>
#include <string.h>

static FARPROC WINAPI loadHost(unsigned int event, DelayLoadInfo* info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  return reinterpret_cast<FARPROC>(GetModuleHandleW(nullptr));
}

decltype(__pfnDliNotifyHook2) __pfnDliNotifyHook2 = loadHost;
#endif
