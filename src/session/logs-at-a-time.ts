/** So many logs are asked at a time: an instance has but a few hundred connections, and others need them too. */
export const logsAtATime = 32
