/* The yardstick for QR matrices: libqrencode, alphanumeric, level Q.
 *
 * Standard input: first the texts, one a line, then an empty line. Then each line is a number N: N matrices are made, text
 * after text, and the nanoseconds they took are printed.
 */
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(void) {
    static char texts[1024][4400];
    static char line[4400];
    int count = 0;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (!line[0]) break;
        strcpy(texts[count++ % 1024], line);
    }
    if (!count) return 2;
    for (long next = 0; fgets(line, sizeof line, stdin);) {
        long rounds = atol(line);
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        for (long i = 0; i < rounds; i++) {
            QRcode *code = QRcode_encodeString(texts[next++ % count], 0, QR_ECLEVEL_Q, QR_MODE_8, 1);
            if (!code) return 1;
            QRcode_free(code);
        }
        clock_gettime(CLOCK_MONOTONIC, &after);
        printf("%lld\n", (after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec));
        fflush(stdout);
    }
    return 0;
}
