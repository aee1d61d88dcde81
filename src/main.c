/* main: the table of subcommands, in the manner of git. */
#include <stdio.h>

int main(void)
{
    fputs("candor: nothing is wired yet\n", stderr);
    return 3;
}
