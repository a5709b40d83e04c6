/* The limit for signing through a token: C_SignInit + C_Sign in a loop, nothing else.
 *
 *   token_loop MODULE LABEL ecdsa|pss     the PIN is the first line of standard input
 *
 * Then each line of standard input is a number N: N signatures over varied data are made, and the nanoseconds they took
 * are printed. Only the few PKCS#11 declarations that are needed stand here (PKCS#11 v2.40, sections 3 and 5).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef unsigned long ulong_t;
typedef struct { ulong_t type; void *value; ulong_t size; } attribute_t;
typedef struct { ulong_t type; void *parameter; ulong_t size; } mechanism_t;
typedef struct { ulong_t hash, mgf, salt; } pss_t;
typedef struct { unsigned char label[32], rest[256]; } token_info_t;

#define FUNCTION(name, ...) ulong_t (*name)(__VA_ARGS__) = (ulong_t (*)(__VA_ARGS__))dlsym(library, #name)
#define MUST(call) do { ulong_t result = (call); if (result) { fprintf(stderr, "%s: 0x%lx\n", #call, result); return 1; } } while (0)

int main(int count, char **words) {
    if (count != 4) return 2;
    void *library = dlopen(words[1], RTLD_NOW);
    if (!library) { fprintf(stderr, "%s\n", dlerror()); return 1; }
    FUNCTION(C_Initialize, void *);
    FUNCTION(C_GetSlotList, unsigned char, ulong_t *, ulong_t *);
    FUNCTION(C_GetTokenInfo, ulong_t, token_info_t *);
    FUNCTION(C_OpenSession, ulong_t, ulong_t, void *, void *, ulong_t *);
    FUNCTION(C_Login, ulong_t, ulong_t, char *, ulong_t);
    FUNCTION(C_FindObjectsInit, ulong_t, attribute_t *, ulong_t);
    FUNCTION(C_FindObjects, ulong_t, ulong_t *, ulong_t, ulong_t *);
    FUNCTION(C_FindObjectsFinal, ulong_t);
    FUNCTION(C_SignInit, ulong_t, mechanism_t *, ulong_t);
    FUNCTION(C_Sign, ulong_t, unsigned char *, ulong_t, unsigned char *, ulong_t *);

    char pin[256], line[64];
    if (!fgets(pin, sizeof pin, stdin)) return 2;
    pin[strcspn(pin, "\r\n")] = 0;

    MUST(C_Initialize(NULL));
    ulong_t slots[64], slot_count = 64, slot = (ulong_t)-1;
    MUST(C_GetSlotList(1, slots, &slot_count));
    for (ulong_t i = 0; i < slot_count; i++) {
        token_info_t info;
        MUST(C_GetTokenInfo(slots[i], &info));
        if (!strncmp((char *)info.label, words[2], strlen(words[2])) && info.label[strlen(words[2])] == ' ') slot = slots[i];
    }
    ulong_t session, key, found;
    MUST(C_OpenSession(slot, 4 /* CKF_SERIAL_SESSION */, NULL, NULL, &session));
    MUST(C_Login(session, 1 /* CKU_USER */, pin, strlen(pin)));
    ulong_t private_key = 3; /* CKO_PRIVATE_KEY */
    attribute_t wanted = {0 /* CKA_CLASS */, &private_key, sizeof private_key};
    MUST(C_FindObjectsInit(session, &wanted, 1));
    MUST(C_FindObjects(session, &key, 1, &found));
    MUST(C_FindObjectsFinal(session));
    if (found != 1) return 1;

    pss_t pss = {0x250 /* CKM_SHA256 */, 2 /* CKG_MGF1_SHA256 */, 32};
    int rsa = !strcmp(words[3], "pss");
    mechanism_t mechanism = rsa ? (mechanism_t){0x43 /* CKM_SHA256_RSA_PKCS_PSS */, &pss, sizeof pss}
                                : (mechanism_t){0x1041 /* CKM_ECDSA */, NULL, 0};
    unsigned char data[400], signature[512];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 37);

    while (fgets(line, sizeof line, stdin)) {
        long rounds = atol(line);
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        for (long i = 0; i < rounds; i++) {
            ulong_t size = sizeof signature;
            memcpy(data, &i, sizeof i);
            MUST(C_SignInit(session, &mechanism, key));
            MUST(C_Sign(session, data, rsa ? sizeof data : 32, signature, &size));
        }
        clock_gettime(CLOCK_MONOTONIC, &after);
        printf("%lld\n", (after.tv_sec - before.tv_sec) * 1000000000LL + (after.tv_nsec - before.tv_nsec));
        fflush(stdout);
    }
    return 0;
}
