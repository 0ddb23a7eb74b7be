/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_LIST_H
#define ATOLL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A circular doubly linked list whose links live inside the elements: nothing is allocated and
 * an element leaves in constant time. The owner of the list holds the lock and frees the
 * elements. A head is a struct list of its own; an element may be in one list for each link.
 */
struct list {
    struct list *next;
    struct list *prev;
};

/* The struct that holds a link: container_of(link, struct job, link). */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* An empty list, or a link that is in no list. */
static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

/* True also for a link that is in no list. */
static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

/* Puts the item at the end. It must be in no other list by this link. */
static inline void list_push(struct list *head, struct list *item)
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}

/* Takes the item out of its list; a second time is harmless. */
static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

/* Takes out and returns the first item; NULL when the list is empty. */
static inline struct list *list_pop(struct list *head)
{
    struct list *item = head->next;

    if (item == head)
        return NULL;
    list_remove(item);
    return item;
}

/* Every item from first to last; `following` is scratch. The body may remove `item`. */
#define list_for_each(item, following, head)                                                       \
    for ((item) = (head)->next; (following) = (item)->next, (item) != (head); (item) = (following))

#endif
