/* What a later CPython exports, whose locks are no semaphores. */
#include <stdio.h>

char PyCode_Type[512], _Py_TrueStruct[32], _Py_FalseStruct[32], _Py_NoneStruct[16];
const char *Py_GetVersion(void);
int Py_IsInitialized(void), PyCode_Addr2Line(void *code, int offset);
void *PyGILState_GetThisThreadState(void), *PyThreadState_GetUnchecked(void);

const char *Py_GetVersion(void)
{
    return VERSION;
}

int Py_IsInitialized(void)
{
    return 0;
}

int PyCode_Addr2Line(void *code, int offset)
{
    return code ? offset : -1;
}

void *PyGILState_GetThisThreadState(void)
{
    return NULL;
}

void *PyThreadState_GetUnchecked(void)
{
    return NULL;
}

int main(void)
{
    return puts(Py_GetVersion()) == EOF;
}
